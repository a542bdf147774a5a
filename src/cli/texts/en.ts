// All texts of the program in English, the measure for other languages. Values stand in braces.

import { control } from './en/control.ts';
import { failures } from './en/failures.ts';
import { help } from './en/help.ts';
import { messages } from './en/messages.ts';

export const en = { ...help, ...messages, ...control, ...failures } as const;
