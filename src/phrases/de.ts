// Alles, was Holdfast an Fehlern und Ratschlägen sagt, auf Deutsch; ein Teil je Raum des Hauses. Die Wörter stehen fest in docs/glossary.md.

import { access } from './de/access.ts';
import { alerts } from './de/alerts.ts';
import { apiVerbs } from './de/api-verbs.ts';
import { archives } from './de/archives.ts';
import { bytes } from './de/bytes.ts';
import { catalog } from './de/catalog.ts';
import { channels } from './de/channels.ts';
import { clouds } from './de/clouds.ts';
import { commands } from './de/commands.ts';
import { control } from './de/control.ts';
import { damage } from './de/damage.ts';
import { fields } from './de/fields.ts';
import { keySlots } from './de/key-slots.ts';
import { mistakes } from './de/mistakes.ts';
import { model } from './de/model.ts';
import { operations } from './de/operations.ts';
import { places } from './de/places.ts';
import { problems } from './de/problems.ts';
import { repository } from './de/repository.ts';
import { restores } from './de/restores.ts';
import { schedules } from './de/schedules.ts';
import { servers } from './de/servers.ts';
import { setup } from './de/setup.ts';
import { sources } from './de/sources.ts';
import { storage } from './de/storage.ts';
import { tokens } from './de/tokens.ts';
import type { Phrases } from './phrases.ts';

export const de: Phrases = {
  ...access,
  ...alerts,
  ...apiVerbs,
  ...archives,
  ...bytes,
  ...catalog,
  ...channels,
  ...clouds,
  ...commands,
  ...control,
  ...damage,
  ...fields,
  ...keySlots,
  ...mistakes,
  ...model,
  ...operations,
  ...places,
  ...problems,
  ...repository,
  ...restores,
  ...schedules,
  ...servers,
  ...setup,
  ...sources,
  ...storage,
  ...tokens,
};
