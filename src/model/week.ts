// Spans of the week as people write them: "mon-fri 08:00-18:00", "sat+sun", "22:00-06:00". Hours are those of a wall clock, and a span over
// midnight belongs to the day on which it begins.

export interface WeekSpan {
  /** By weekday, Monday first. */
  readonly days: readonly boolean[];
  /** Minutes of the day; `to` is not above `from` where the span goes over midnight. */
  readonly from: number;
  readonly to: number;
}

export const weekdaysFromMonday = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
export const dayMinutes = 24 * 60;

/** Whether a wall clock that shows `minutes` since the epoch is within the span. */
export function isWithinSpan({ days, from, to }: WeekSpan, minutes: number): boolean {
  const minute = ((minutes % dayMinutes) + dayMinutes) % dayMinutes;
  const day = weekdayOf(minutes);
  if (from < to) return days[day]! && minute >= from && minute < to;
  return (days[day]! && minute >= from) || (days[(day + 6) % 7]! && minute < to);
}

/** 0 is Monday. The epoch was a Thursday. */
export function weekdayOf(minutes: number): number {
  return (((Math.floor(minutes / dayMinutes) + 3) % 7) + 7) % 7;
}

/** `mon-fri+sun`; all days where there is no text. `wrong` makes the failure of the caller. */
export function readDays(text: string | undefined, wrong: (part: string) => Error): boolean[] {
  const days = weekdaysFromMonday.map(() => text === undefined);
  if (text === undefined) return days;
  for (const part of text.toLowerCase().split('+')) {
    const ends = part.split('-').map((name) => weekdaysFromMonday.indexOf(name));
    const [first, last = first] = ends;
    if (ends.length > 2 || first === undefined || last === undefined || ends.includes(-1)) throw wrong(part);
    for (let day = first; ; day = (day + 1) % 7) {
      days[day] = true;
      if (day === last) break;
    }
  }
  return days;
}

/** `08:00-18:00`; the whole day where there is no text. */
export function readHours(text: string | undefined, wrong: () => Error): [from: number, to: number] {
  if (text === undefined) return [0, dayMinutes];
  const [from = -1, to = -1] = text.split('-').map((time) => {
    const [hour = 99, minute = 99] = time.split(':').map(Number);
    return minute < 60 && hour * 60 + minute <= dayMinutes ? hour * 60 + minute : -1;
  });
  if (from < 0 || to < 0 || from === dayMinutes || from === to) throw wrong();
  return [from, to];
}
