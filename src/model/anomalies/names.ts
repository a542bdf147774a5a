// What the name of a file says: what its content should be, whether something was put behind it, and whether it is an extortionist's letter.
// Names are byte strings; all of this looks at ASCII alone.

/** What a content begins with, or `text`. */
export type Expected = 'text' | readonly string[];

const zip = ['PK'];
const ole = '\xd0\xcf\x11\xe0';
const office = ['PK', ole];
const isoMedia = ['ftyp', 'moov', 'mdat', 'wide', 'free'];

const expectations: Readonly<Record<string, Expected>> = {
  ...same(
    'text',
    'txt log csv tsv md rst json jsonl xml html htm css js mjs cjs jsx tsx py rb php pl sh bash c h cc cpp hpp cs java kt go rs ' +
      'swift sql yml yaml toml ini conf cfg properties tex bib srt vtt ics vcf eml svg bat ps1 lua r patch diff',
  ),
  ...same(office, 'docx xlsx pptx docm xlsm pptm dotx xltx potx'),
  ...same([ole, 'PK', '{\\rtf', '<'], 'doc xls ppt dot'),
  ...same(zip, 'zip odt ods odp odg epub jar war apk'),
  ...same(['%PDF'], 'pdf'),
  ...same(['\xff\xd8\xff'], 'jpg jpeg jfif'),
  ...same(['\x89PNG'], 'png'),
  ...same(['GIF8'], 'gif'),
  ...same(['II', 'MM'], 'tif tiff nef cr2 arw dng'),
  ...same(['BM'], 'bmp'),
  ...same(['RIFF'], 'wav avi webp'),
  ...same(['8BPS'], 'psd'),
  ...same(['ID3', '\xff\xfb', '\xff\xf3', '\xff\xf2', '\xff\xfa'], 'mp3'),
  ...same(isoMedia, 'mp4 m4a m4v mov heic'),
  ...same(['fLaC'], 'flac'),
  ...same(['OggS'], 'ogg opus'),
  ...same(['\x1aE\xdf\xa3'], 'mkv webm'),
  ...same(['\x1f\x8b'], 'gz tgz'),
  ...same(['BZh'], 'bz2'),
  ...same(['\xfd7zXZ'], 'xz'),
  ...same(['7z\xbc\xaf'], '7z'),
  ...same(['Rar!'], 'rar'),
  ...same(['(\xb5/\xfd'], 'zst'),
  ...same(['SQLite format 3'], 'sqlite sqlite3'),
  ...same(['!BDN'], 'pst ost'),
};

function same(expected: Expected, endings: string): Record<string, Expected> {
  return Object.fromEntries(endings.split(' ').map((ending) => [ending, expected]));
}

/** Put behind a name by people and programs that mean well. */
const harmlessEndings = new Set(
  (
    'gz bz2 xz zst br brotli lz4 lzma zip 7z jmod bak backup old orig save sav tmp part partial crdownload new copy ' +
    'swp rej dpkg-old dpkg-new dpkg-dist ucf-old rpmsave rpmnew gpg pgp asc age p7m sig sha256 md5 enabled disabled'
  ).split(' '),
);

/** Only those that no other program is known to use. */
const ransomEndings = new Set(
  (
    'locky zepto odin aesir zzzzz osiris wncry wcry wncryt wnry cerber cerber2 cerber3 crypz cryp1 cryptolocker ' +
    'cryptowall ezz exx vvv ttt xtbl lechiffre lockbit conti ryk ryuk revil sodinokibi blackcat akira phobos dharma ' +
    'crysis djvu rhysida medusa babyk babuk lokd darkside clop cl0p egregor blackbasta makop medusalocker mallox ' +
    'avos2 avoslocker qlocker deadbolt encryptedrsa crypted locked wannacry'
  ).split(' '),
);

const letter =
  /^(?:[_!#@+-]*(?:how[ _.-]*(?:to[ _.-]*)?(?:decrypt|recover|restore|unlock|back)|(?:decrypt|recover|restore|unlock)[ _.-]*(?:your[ _.-]*|my[ _.-]*|all[ _.-]*)?(?:files?|data|instructions?|info|help|key|me)|(?:your[ _.-]*)?files?[ _.-]*(?:are[ _.-]*|have[ _.-]*been[ _.-]*)?(?:encrypted|locked)|ransom[ _.-]*note|help[ _.-]*(?:decrypt|recover|restore|instructions?|your[ _.-]*files)|(?:decryption|recovery)[ _.-]*(?:instructions?|manual|help)|read[ _.-]*(?:me|it|this)[ _.-]*(?:to|for|now|and)[ _.-]*(?:decrypt|recover|restore|unlock)|@please_read_me@|restore-my-files|akira_readme|what_happened_to_my_files))[^/]*\.(?:txt|html?|hta|rtf|bmp|url)$/i;

/** Lower case, without the dot; undefined where there is none that looks like one. */
export function endingOf(name: string): string | undefined {
  const dot = name.lastIndexOf('.');
  if (dot <= 0 || name.length - dot > 33 || dot === name.length - 1) return undefined;
  return name.slice(dot + 1).toLowerCase();
}

/**
 * What the content of a file of this name should be. Something unknown behind an ending that is known hides nothing: "plan.docx.x7f3" should
 * be a docx. Undefined where the name says nothing.
 */
export function expectedOf(name: string): Expected | undefined {
  const ending = endingOf(name);
  if (ending === undefined || isHarmless(ending)) return ending === undefined ? undefined : plain(ending);
  const own = plain(ending);
  if (own !== undefined) return own;
  const inner = endingOf(name.slice(0, name.lastIndexOf('.')));
  return inner === undefined ? undefined : plain(inner);
}

function plain(ending: string): Expected | undefined {
  return Object.hasOwn(expectations, ending) ? expectations[ending] : undefined;
}

/** Endings that people, editors, packers and rotations put behind names. */
export function isHarmless(ending: string): boolean {
  return harmlessEndings.has(ending) || /^(?:~|[0-9]+|[0-9-]{8,}|bak[0-9]*|v[0-9]+)$/.test(ending);
}

export function isRansomEnding(ending: string): boolean {
  return ransomEndings.has(ending);
}

/** Whether extortionists are known to name their letters so. */
export function isRansomNote(name: string): boolean {
  return name.length <= 80 && letter.test(name);
}

/** What the name may have been before something was put behind it, longest first; none where what is behind is harmless. */
export function namesBefore(name: string): readonly string[] {
  const ending = endingOf(name);
  if (ending === undefined || isHarmless(ending)) return [];
  const found: string[] = [];
  for (let dot = name.lastIndexOf('.'); dot > 0 && found.length < 4; dot = name.lastIndexOf('.', dot - 1)) {
    found.push(name.slice(0, dot));
  }
  return found;
}
