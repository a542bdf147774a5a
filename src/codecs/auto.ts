// Chooses the zstd level of a running backup from what was just measured: when the workers wait for the storage there is time to
// compress harder, when the storage waits for them compression must get out of the way. Pure; whoever measures owns the clock.

/** Levels worth having, from fast to small: between them the ratio hardly moves and the time does (engine measurements). */
export const autoLevels: readonly number[] = [1, 2, 3, 5, 7, 9];
/** Before anything was measured. */
export const autoStart: AutoState = { level: 3, streak: 0 };

export interface AutoState {
  readonly level: number;
  /** How many windows in a row asked for a change: positive harder, negative faster. */
  readonly streak: number;
}

/** One window of measurement, some seconds long. */
export interface AutoWindow {
  /** Share of the window in which the workers computed, 0 to 1. */
  readonly busyShare: number;
  /** Share of the window in which finished packs waited for the storage, 0 to 1. */
  readonly storageWaitShare: number;
  /** Stored bytes as a part of plain bytes in the window; 1 when nothing got smaller. */
  readonly storedRatio: number;
}

export interface AutoChoice extends AutoState {
  /** Why, for the log: one English clause. */
  readonly reason: string;
}

/** Windows in a row that must agree: one slow upload or one large file is no trend. */
const windowsHarder = 3;
/** Slowing a backup down is the worse mistake, so going back is quicker. */
const windowsFaster = 2;
const incompressible = 0.97;

export function nextLevel(state: AutoState, window: AutoWindow): AutoChoice {
  const wish = wishOf(window);
  if (wish.step === 0) return { level: state.level, streak: 0, reason: wish.reason };
  const streak = Math.sign(state.streak) === wish.step ? state.streak + wish.step : wish.step;
  const needed = wish.step > 0 ? windowsHarder : windowsFaster;
  if (Math.abs(streak) < needed) return { level: state.level, streak, reason: `${wish.reason}, watching` };
  const place = autoLevels.indexOf(state.level);
  // A level from elsewhere joins the ladder at its usual place.
  const from = place < 0 ? autoLevels.indexOf(autoStart.level) : place;
  const level = autoLevels[Math.min(autoLevels.length - 1, Math.max(0, from + wish.step))]!;
  const reason = level === state.level ? `${wish.reason}, at the end of the range` : wish.reason;
  return { level, streak: 0, reason };
}

// Between the two thresholds lies a wide band in which nothing changes, so that a change cannot cause its own reversal.
function wishOf(window: AutoWindow): { readonly step: -1 | 0 | 1; readonly reason: string } {
  if (window.storageWaitShare > 0.5 && window.busyShare < 0.6) {
    if (window.storedRatio >= incompressible) return { step: 0, reason: 'the data does not get smaller' };
    return { step: 1, reason: 'the storage is slower than compression' };
  }
  if (window.storageWaitShare < 0.1 && window.busyShare > 0.9) {
    return { step: -1, reason: 'compression is slower than the storage' };
  }
  return { step: 0, reason: 'compression and storage keep pace' };
}
