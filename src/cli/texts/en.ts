// All texts of the program in English, the measure for other languages. Values stand in braces.

import { control } from './en/control.ts';
import { failures } from './en/failures.ts';
import { help } from './en/help.ts';
import { messages } from './en/messages.ts';

/** Not merged: thousands of entries put into one table would be felt at every start. */
export const en = [messages, failures, help, control] as const;

export type TextKey =
  | keyof typeof messages
  | keyof typeof failures
  | keyof typeof help
  | keyof typeof control;
