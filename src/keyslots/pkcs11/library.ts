// The C functions of a PKCS#11 module (Cryptoki v2.40) by koffi, and the structures that they take. A CK_ULONG is 8 bytes here, so this
// is for 64-bit little-endian Unix; all calls are synchronous, because they run in a process of their own (key-process.ts).

import { createRequire } from 'node:module';
import { endianness } from 'node:os';
import type * as koffiModule from 'koffi';
import { Failure } from '../../base/failure.ts';
import { tokenFailure } from './return-values.ts';

/** Position in CK_FUNCTION_LIST, and the kinds of parameters: u = CK_ULONG, b = CK_BYTE, p = pointer. */
const functions = {
  C_Initialize: [0, 'p'],
  C_Finalize: [1, 'p'],
  C_GetSlotList: [4, 'bpp'],
  C_GetTokenInfo: [6, 'up'],
  C_GetMechanismList: [7, 'upp'],
  C_GetMechanismInfo: [8, 'uup'],
  C_OpenSession: [12, 'uuppp'],
  C_CloseSession: [13, 'u'],
  C_Login: [18, 'uupu'],
  C_Logout: [19, 'u'],
  C_CreateObject: [20, 'upup'],
  C_DestroyObject: [22, 'uu'],
  C_GetAttributeValue: [24, 'uupu'],
  C_FindObjectsInit: [26, 'upu'],
  C_FindObjects: [27, 'upup'],
  C_FindObjectsFinal: [28, 'u'],
  C_EncryptInit: [29, 'upu'],
  C_Encrypt: [30, 'upupp'],
  C_DecryptInit: [33, 'upu'],
  C_Decrypt: [34, 'upupp'],
  C_GenerateKey: [58, 'uppup'],
  C_WrapKey: [60, 'upuupp'],
  C_UnwrapKey: [61, 'upupupup'],
} as const;
export type CryptokiFunction = keyof typeof functions;

const parameterTypes: Readonly<Record<string, string>> = { u: 'unsigned long', b: 'uint8_t', p: 'void *' };

export interface Cryptoki {
  /** Calls and fails with the failure that fits what the module returned. */
  call(name: CryptokiFunction, ...values: readonly Argument[]): void;
  /** The same, but hands back the module's return value. */
  attempt(name: CryptokiFunction, ...values: readonly Argument[]): number;
  address(bytes: Buffer): bigint;
}
export type Argument = number | bigint | Buffer | null;

/** Runs the initialisation code of native code that the caller has found to be trustworthy (module-file.ts). */
export function loadModule(path: string): Cryptoki {
  const koffi = loadKoffi();
  const list = Buffer.alloc(8);
  let pointers: readonly bigint[];
  try {
    const getFunctionList = koffi.load(path).func('C_GetFunctionList', 'unsigned long', ['void *']);
    const result = (getFunctionList as unknown as (into: Buffer) => number)(list);
    if (result !== 0) throw tokenFailure(result, 'C_GetFunctionList');
    // A CK_VERSION of two bytes, padded to the alignment of a pointer; then the functions.
    const table = koffi.decode(list, 'void *') as bigint;
    pointers = koffi.decode(table, 8, koffi.array('void *', 62)) as readonly bigint[];
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure('missing', 'PKCS11_MODULE_BROKEN', `"${path}" is no PKCS#11 module for this machine`, {
      hint: 'Check "module-path" in the configuration file; "pkcs11-tool --module FILE -I" tries a module.',
      cause,
    });
  }
  const bound = new Map<CryptokiFunction, (...values: readonly Argument[]) => number>();
  const attempt = (name: CryptokiFunction, ...values: readonly Argument[]): number => {
    let call = bound.get(name);
    if (call === undefined) {
      const [position, parameters] = functions[name];
      const types = [...parameters].map((letter) => parameterTypes[letter]!);
      call = koffi.decode(pointers[position]!, koffi.proto('unsigned long', types)) as typeof call & {};
      bound.set(name, call);
    }
    return call(...values);
  };
  return {
    attempt,
    call(name, ...values) {
      const result = attempt(name, ...values);
      if (result !== 0) throw tokenFailure(result, name);
    },
    address: (bytes) => koffi.address(bytes),
  };
}

function loadKoffi(): typeof koffiModule {
  let cause: unknown;
  const isKnown = process.platform !== 'win32' && endianness() === 'LE' && /64/.test(process.arch);
  if (isKnown) {
    try {
      return createRequire(import.meta.url)('koffi') as typeof koffiModule;
    } catch (error) {
      // Its binary is made for the usual systems only.
      cause = error;
    }
  }
  const machine = `${process.platform} ${process.arch}`;
  throw new Failure('usage', 'PKCS11_UNSUPPORTED', `PKCS#11 is not supported on "${machine}"`, {
    hint: 'Use another kind of key slot on this machine; 64-bit Linux and macOS know this one.',
    cause,
  });
}

/** One or more CK_ULONGs. */
export function ulongs(...values: readonly (number | bigint)[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length);
  values.forEach((value, index) => {
    bytes.writeBigUInt64LE(BigInt(value), 8 * index);
  });
  return bytes;
}

export function ulongAt(bytes: Buffer, index = 0): number {
  return Number(bytes.readBigUInt64LE(8 * index));
}

/** Memory that a structure points to must live as long as the structure: hold the whole object. */
export interface Structure {
  readonly bytes: Buffer;
  readonly count: number;
  readonly holds: readonly Buffer[];
}

export type Attribute = readonly [type: number, value: Buffer | boolean | number];

/** An array of CK_ATTRIBUTE. */
export function attributes(cryptoki: Cryptoki, list: readonly Attribute[]): Structure {
  const holds = list.map(([, value]) => {
    if (typeof value === 'boolean') return Buffer.from([value ? 1 : 0]);
    return typeof value === 'number' ? ulongs(value) : value;
  });
  const bytes = Buffer.concat(
    list.map(([type], index) => {
      const value = holds[index]!;
      return ulongs(type, value.length === 0 ? 0 : cryptoki.address(value), value.length);
    }),
  );
  return { bytes, count: list.length, holds };
}

/** A CK_MECHANISM. */
export function mechanism(cryptoki: Cryptoki, type: number, parameter?: Structure): Structure {
  const address = parameter === undefined ? 0 : cryptoki.address(parameter.bytes);
  const bytes = ulongs(type, address, parameter?.bytes.length ?? 0);
  return { bytes, count: 1, holds: parameter === undefined ? [] : [parameter.bytes, ...parameter.holds] };
}

/** CK_GCM_PARAMS of v2.40 with a tag of 128 bits. */
export function gcmParameter(cryptoki: Cryptoki, iv: Buffer, aad: Buffer): Structure {
  const bytes = ulongs(
    cryptoki.address(iv),
    iv.length,
    iv.length * 8,
    cryptoki.address(aad),
    aad.length,
    128,
  );
  return { bytes, count: 1, holds: [iv, aad] };
}

/** CK_RSA_PKCS_OAEP_PARAMS; the label may be empty. */
export function oaepParameter(cryptoki: Cryptoki, hash: number, mgf: number, label: Buffer): Structure {
  const specified = 1;
  const address = label.length === 0 ? 0 : cryptoki.address(label);
  return {
    bytes: ulongs(hash, mgf, label.length === 0 ? 0 : specified, address, label.length),
    count: 1,
    holds: [label],
  };
}
