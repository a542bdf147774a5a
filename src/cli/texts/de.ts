// Alle Texte auf Deutsch. The keys and placeholders are those of en.ts; a test compares them.

import { control } from './de/control.ts';
import { failures } from './de/failures.ts';
import { help } from './de/help.ts';
import { messages } from './de/messages.ts';

export const de = [messages, failures, help, control] as const;
