// `sealed:NAME` inside a job: the catalog is opened for the moment in which a secret is asked for, and only where one is.

import type { Context } from '../../base/context.ts';
import { Secret } from '../../base/secret.ts';
import type { CatalogPlace } from '../../catalog/open.ts';
import type { SealedPlaces } from './job-wire.ts';
import type { SecretPlaces } from './references.ts';

export function sealedIn(places: SealedPlaces | undefined): Pick<SecretPlaces, 'sealed' | 'openCatalog'> {
  if (places === undefined) return {};
  const { location, password } = places.catalog;
  const place: CatalogPlace = {
    location,
    ...(password === undefined ? {} : { password: new Secret(Buffer.from(password, 'utf8')) }),
  };
  const open = async (context: Context) => {
    const { openCatalog } = await import('../../catalog/open.ts');
    return openCatalog(place, context, { migrate: false });
  };
  return {
    openCatalog: open,
    async sealed(name, context) {
      const { openSealedSecret, openSealingKey } = await import('../../catalog/sealed-secrets.ts');
      const key = openSealingKey(places.keyFile, { mayMake: false });
      await using catalog = await open(context);
      // Awaited here: else the catalog would be closed before it has answered.
      return await openSealedSecret(catalog, name, key, context);
    },
  };
}
