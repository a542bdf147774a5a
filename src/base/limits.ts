// The limits of every parser. Numbers are the contract (FORMAT.md § Limits): a hostile or damaged repository may cost
// no more than these, and a writer never exceeds them.

const kibi = 1024;
const mebi = 1024 * 1024;

/** Key slots and configs hold a few hundred bytes and are parsed before anything is authenticated. */
export const slotBytesMax = 16 * kibi;
export const configBytesMax = 16 * kibi;

/** Key bundles grow with rotations: a thousand generations in many domains fit. */
export const bundleBytesMax = mebi;

/** A snapshot holds paths, tags and owner names, never the list of files. */
export const snapshotBytesMax = mebi;

/** Session, borrow, condemned and revoked objects: lists of names of 32 bytes, split by their writers. */
export const sessionBytesMax = 8 * mebi;

/** The directory of one pack, enough for 65,535 blobs. */
export const directoryBytesMax = 8 * mebi;

/** Writers begin a new index long before; a reader holds one whole index in memory. */
export const indexBytesMax = 64 * mebi;

/** The largest object of all (a pack), read whole only by checks and repairs. */
export const objectBytesMax = 128 * mebi;

/** Plain bytes of a blob or frame: the cap of every decompression, checked while it runs. */
export const framePlainBytesMax = 8 * mebi;

/** Blobs in one pack: their number must fit 16 bits. */
export const packBlobsMax = 65_535;

/** Nodes in one tree blob: larger directories are split into parts. */
export const treeNodesMax = 16_384;

/** Nodes in one directory, its parts together: what a reader may have to hold at once. */
export const directoryNodesMax = 10_000_000;

/** Levels of directories: more than any path of `pathBytesMax` can usefully have, far less than the stack. */
export const treeDepthMax = 4_096;

/** Entries that one walk may meet again in trees it has met: so many, and so many more for each that was new. */
export const treeRepeatsMin = 65_536;
export const treeRepeatsPerNode = 64;

/** Eight times Linux' own PATH_MAX, since trees may be deeper than one call can name. */
export const pathBytesMax = 32 * kibi;

/** Four times the longest name a common file system allows. */
export const nameBytesMax = kibi;

/** One value: the limit of Linux itself. */
export const xattrBytesMax = 64 * kibi;

/** Extended attributes of one node. */
export const xattrsMax = 256;

/** All extended attributes of one node together: a node must never fill a tree blob alone. */
export const xattrsTotalBytesMax = mebi;

/** Our formats nest five levels: deeper input is an attack on the stack. */
export const cborDepthMax = 16;

/** Nothing in CBOR is larger than an index. */
export const cborBytesMax = indexBytesMax;

/** Items of one CBOR document: bounds memory where 64 MiB of one-byte items would become gigabytes of values. */
export const cborItemsMax = 4 * 1024 * 1024;

/** Of them arrays and maps: an empty one takes one byte here and seventy or two hundred in memory. */
export const cborArraysMax = 1024 * 1024;
export const cborMapsMax = 65_536;

/** Cheap key derivation invites guessing: fewer rounds are refused unless a person allows it. */
export const pbkdf2RoundsMin = 100_000;

/** Above these, a forged slot could stop the machine that only tries to open it. */
export const pbkdf2RoundsMax = 10_000_000;
export const argon2MemoryKibMax = 4 * mebi;
export const scryptMemoryBytesMax = 1024 * mebi;

/** Entries of a foreign archive (tar, zip) that is imported. */
export const archiveEntriesMax = 1_000_000;

/** All contents of a foreign archive together: more than a disk of today usually has room for. */
export const archiveBytesMax = 16 * 1024 * 1024 * mebi;

/** How often larger the contents of a foreign archive may be than itself: text shrinks to a hundredth, hardly anything further. */
export const archiveRatioMax = 200;

/** A selection pattern is compiled to a regular expression: length and stars bound the time it can take. */
export const patternLengthMax = 1_000;
export const patternStarsMax = 20;
