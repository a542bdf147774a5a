// What a restore saves before it replaces anything is a snapshot like any other, known by its tag.

export const restorePointTag = 'restore-point';
