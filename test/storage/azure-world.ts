// A container of Azurite for one test file: its configuration, and signatures with fewer rights.

import {
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  ContainerSASPermissions,
  generateAccountSASQueryParameters,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import azure from '../../src/storage/azure.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { type Azurite, account, accountKey, startAzurite } from '../servers/azurite.ts';
import { serverFolder } from '../servers/process.ts';
import { stillContext } from './storage-world.ts';

export const context = stillContext();
export const credential = new StorageSharedKeyCredential(account, accountKey);
/** What no failure may show. */
export const secrets: readonly string[] = [accountKey, 'sig='];

type Fields = Readonly<Record<string, unknown>>;

export interface AzureWorld extends AsyncDisposable {
  readonly server: Azurite;
  /** Of a configuration; the key is left out where there is another secret. */
  fields(container: string, more?: Fields): Fields & { readonly account: string };
  open(container: string, more?: Fields): Promise<Storage>;
  create(container: string, more?: Fields): Promise<Storage>;
}

export async function startAzureWorld(): Promise<AzureWorld> {
  const folder = serverFolder();
  const server = await startAzurite({ folder: folder.path });
  const fields = (container: string, more: Fields = {}) => {
    const isSigned = 'sasToken' in more || 'connectionString' in more;
    return { account, container, endpoint: server.endpoint(), ...(isSigned ? {} : { accountKey }), ...more };
  };
  return {
    server,
    fields,
    open: (container, more) => azure.open(azure.config.parse(fields(container, more)), context),
    create: (container, more) => azure.create(azure.config.parse(fields(container, more)), context),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

const startsOn = new Date('2020-01-01');

export function sas(container: string, permissions: string, expiresOn = new Date('2200-01-01')): string {
  const parsed = ContainerSASPermissions.parse(permissions);
  return generateBlobSASQueryParameters(
    { containerName: container, permissions: parsed, startsOn, expiresOn },
    credential,
  ).toString();
}

export function accountSas(): string {
  return generateAccountSASQueryParameters(
    {
      permissions: AccountSASPermissions.parse('rwdlacup'),
      resourceTypes: AccountSASResourceTypes.parse('sco').toString(),
      services: AccountSASServices.parse('b').toString(),
      startsOn,
      expiresOn: new Date('2200-01-01'),
    },
    credential,
  ).toString();
}
