// From a message to a mail: text and HTML, one thread for all that is about one thing, and nothing that makes other machines answer it.

import type { SendMailOptions } from 'nodemailer';
import type { Message } from '../channel.ts';
import type { EmailConfig } from '../email.ts';
import { fitText } from '../fit.ts';
import { messageId, threadId } from '../message-json.ts';

const textBytesMax = 256 * 1024;
/** What Gmail shows of an HTML mail before it cuts is less; this keeps servers from refusing it. */
const htmlBytesMax = 1024 * 1024;

export function mailOf(message: Message, { from, fromName, to }: EmailConfig): SendMailOptions {
  const { severity, title, language, at } = message;
  const domain = from.slice(from.lastIndexOf('@') + 1);
  const text = fitText(textOf(message), textBytesMax, language);
  return {
    from: { name: fromName, address: from },
    to: [...to],
    subject: title,
    text,
    html: htmlOf(message, text),
    date: new Date(at),
    // The same when it is sent again, so that mailboxes show it once.
    messageId: `<${messageId(message)}@${domain}>`,
    references: `<${threadId(message)}@${domain}>`,
    priority: severity === 'CRITICAL' ? 'high' : 'normal',
    headers: {
      'Auto-Submitted': 'auto-generated',
      'Content-Language': language,
      'X-Holdfast-Severity': severity,
    },
  };
}

function textOf({ text, facts, links }: Message): string {
  const factLines = Object.entries(facts).map(([name, value]) => `${name}: ${value}`);
  const linkLines = links.map(({ title, url }) => `${title}: ${url}`);
  return [text, factLines.join('\n'), linkLines.join('\n')].filter((part) => part !== '').join('\n\n');
}

/** What the renderer made, unless it is too long; otherwise the text in a plain page. */
function htmlOf({ html, title, language }: Message, text: string): string {
  if (html !== undefined && Buffer.byteLength(html) <= htmlBytesMax) return html;
  return `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><title>${escapeMarkup(title)}</title></head><body><h1 style="font-size:1.2em">${escapeMarkup(title)}</h1><pre style="white-space:pre-wrap;font-family:sans-serif">${escapeMarkup(text)}</pre></body></html>`;
}

function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
