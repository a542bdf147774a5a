// The page that mails and report files are made of: plain HTML that every mail program shows, without pictures, scripts or addresses elsewhere.

import type { Language } from '../../base/text.ts';
import { markup } from './shown.ts';

export const colours = { red: '#b3261e', yellow: '#8a5a00', green: '#1b6e2f', grey: '#555555' } as const;
export type Colour = keyof typeof colours;

/** `body` is markup already. */
export function page(title: string, language: Language, body: string): string {
  return [
    '<!doctype html>',
    `<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">`,
    `<title>${markup(title)}</title></head>`,
    '<body style="margin:0;padding:16px;font:16px/1.5 sans-serif;color:#222;background:#fff"><div style="max-width:640px">',
    body,
    '</div></body></html>',
  ].join('\n');
}

export function heading(text: string, colour: Colour = 'grey', level: 1 | 2 | 3 = 1): string {
  const size = { 1: '22px', 2: '18px', 3: '16px' }[level];
  return `<h${level} style="font-size:${size};margin:20px 0 6px;color:${colours[colour]}">${markup(text)}</h${level}>`;
}

export function paragraph(text: string): string {
  return `<p style="margin:4px 0">${markup(text)}</p>`;
}

export function quiet(text: string): string {
  return `<p style="margin:12px 0 0;font-size:13px;color:${colours.grey}">${markup(text)}</p>`;
}

/** "Name: value" lines. */
export function labelled(rows: readonly (readonly [label: string, value: string])[]): string {
  const cells = rows.map(
    ([label, value]) =>
      `<tr><th scope="row" style="text-align:left;vertical-align:top;padding:2px 12px 2px 0;font-weight:600">${markup(label)}</th><td style="padding:2px 0">${markup(value)}</td></tr>`,
  );
  return `<table role="presentation" style="border-collapse:collapse;font-size:14px">${cells.join('')}</table>`;
}

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (tag: string, text: string) =>
    `<${tag} style="text-align:left;vertical-align:top;padding:4px 12px 4px 0;border-bottom:1px solid #ddd">${markup(text)}</${tag}>`;
  const lines = [
    ...(heads.length === 0 ? [] : [`<tr>${heads.map((head) => cell('th', head)).join('')}</tr>`]),
    ...rows.map((row) => `<tr>${row.map((text) => cell('td', text)).join('')}</tr>`),
  ];
  return `<table style="border-collapse:collapse;font-size:14px">${lines.join('\n')}</table>`;
}
