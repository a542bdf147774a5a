// S3, Amazon's and others'. A put is one PutObject with "If-None-Match: *": the server makes the object visible whole, and refuses a second
// one. Class A with that condition, class C without it.

import type { Context } from '../base/context.ts';
import { Failure } from '../base/failure.ts';
import { endpointCertificate } from './network/server-certificate.ts';
import { classesOf, isFrozenClass, moveToClass, thawObjects } from './s3/classes.ts';
import { makeClient, type S3Wire, s3CallsMax } from './s3/client.ts';
import { type S3Config, type S3Place, s3Fields, s3FromUrl, s3Place } from './s3/config.ts';
import { makeBucket, probe, requireEmpty } from './s3/create.ts';
import { s3Lifecycle } from './s3/lifecycle.ts';
import { findLock, retainObject, type S3Lock } from './s3/lock.ts';
import { deleteObject, getObject, listObjects, putObject, statObject } from './s3/objects.ts';
import { sweepParts } from './s3/parts.ts';
import { s3Posture } from './s3/posture.ts';
import type { Storage, StorageFeatures, StorageKind } from './storage.ts';

const s3: StorageKind<S3Config> = {
  scheme: 's3',
  title: 'S3 bucket',
  config: s3Fields,
  secretFields: ['secretAccessKey', 'sessionToken', 'customerKey'],
  fromUrl: s3FromUrl,
  open: (config, context) => openPlace(s3Place(config), context),
  create: (config, context) => createPlace(s3Place(config), context),
};
export default s3;

/** For tests too, which may say that a server is Amazon's. */
export function openPlace(place: S3Place, context: Context): Promise<Storage> {
  return connect(place, context, async () => undefined);
}

export function createPlace(place: S3Place, context: Context): Promise<Storage> {
  return connect(place, context, async (wire) => {
    await makeBucket(wire, context.signal);
    await requireEmpty(wire, context.signal);
    await probe(wire, context.signal);
  });
}

async function connect(
  place: S3Place,
  { signal }: Context,
  prepare: (wire: S3Wire) => Promise<void>,
): Promise<Storage> {
  const { storageClass } = place.config;
  if (isFrozenClass(storageClass)) {
    throw new Failure('usage', 'STORAGE_CONFIG_INVALID', `class "${storageClass}" cannot be read at once`, {
      hint: 'Keep new objects in a readable class, and move old packs by a tiering policy or a lifecycle rule.',
    });
  }
  const wire = { place, client: makeClient(place) };
  try {
    await prepare(wire);
    return s3Storage(wire, await findLock(wire, signal));
  } catch (error) {
    wire.client.destroy();
    throw error;
  }
}

function s3Storage(wire: S3Wire, lock: S3Lock | undefined): Storage {
  const { place, client } = wire;
  const features = featuresOf(place);
  return {
    location: place.location,
    features,
    put: (name, bytes, options) => putObject(wire, lock, name, bytes, options),
    get: (name, options) => getObject(wire, name, options),
    stat: (name, options) => statObject(wire, lock, name, options),
    list: (prefix, options) => listObjects(wire, prefix, options),
    delete: (name, options) => deleteObject(wire, lock, name, options),
    ...(lock && { retain: (name, until, options) => retainObject(wire, lock, name, until, options) }),
    ...(features.storageClasses && {
      thaw: (names, options) => thawObjects(wire, names, options),
      transition: (name, storageClass, options) => moveToClass(wire, lock, name, storageClass, options),
    }),
    posture: (options) => s3Posture(wire, lock, options),
    // The certificates of the clouds themselves are their owners' business.
    ...(place.config.endpoint !== undefined && {
      certificate: (options) => endpointCertificate(place.config.endpoint!, options),
    }),
    lifecycle: s3Lifecycle(wire),
    ...(Number.isFinite(place.multipartAboveBytes) && {
      sweep: (before, options) => sweepParts(wire, before, options),
    }),
    async [Symbol.asyncDispose]() {
      client.destroy();
    },
  };
}

function featuresOf(place: S3Place): StorageFeatures {
  const storageClasses = classesOf(place);
  return {
    exclusivePut: place.isExclusive,
    isLocal: false,
    parallelCallsMax: s3CallsMax,
    durability: place.isExclusive ? 'A' : 'C',
    ...(storageClasses === undefined ? {} : { storageClasses }),
  };
}
