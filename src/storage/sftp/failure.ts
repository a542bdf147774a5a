// What an error of a connection or an answer of an SFTP server means for a storage: this is the only place that maps them.

import { Failure, type FailureMore } from '../../base/failure.ts';
import { unknownHostFailure } from '../network/unknown-host.ts';

/** Numbers of the protocol; those from 9 on come from servers that answer in the words of later versions. */
export const sftpStatus = {
  endOfFile: 1,
  noSuchFile: 2,
  permissionDenied: 3,
  failure: 4,
  unsupported: 8,
  noSuchPath: 10,
  alreadyExists: 11,
  writeProtected: 12,
  noSpace: 14,
  quotaExceeded: 15,
} as const;

/** The number of a server's answer; undefined for anything that is none, such as a lost connection. */
export function statusOf(error: unknown): number | undefined {
  if (error instanceof Failure || !(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  return typeof code === 'number' ? code : undefined;
}

export function isMissing(error: unknown): boolean {
  const status = statusOf(error);
  return status === sftpStatus.noSuchFile || status === sftpStatus.noSuchPath;
}

/** A Failure is handed back as it is. `where` is the storage, `what` the object, folder or call that the answer is about. */
export function answerFailure(where: string, what: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const status = statusOf(error);
  const message = error instanceof Error ? error.message : String(error);
  if (status === sftpStatus.noSpace || status === sftpStatus.quotaExceeded || saysFull.test(message)) {
    return full(where, what, error);
  }
  switch (status) {
    case undefined:
      return lost(where, error);
    case sftpStatus.noSuchFile:
    case sftpStatus.noSuchPath:
      return new Failure('missing', 'OBJECT_MISSING', `object "${what}" does not exist in "${where}"`, {
        cause: error,
      });
    case sftpStatus.permissionDenied:
    case sftpStatus.writeProtected:
      return new Failure('denied', 'STORAGE_DENIED', `"${where}" does not let us use "${what}"`, {
        hint: 'The login works, but the account lacks the right: check owner and mode of the folder, or whether it is read-only.',
        cause: error,
      });
    default:
      return new Failure(
        'unavailable',
        'STORAGE_UNAVAILABLE',
        `"${where}" failed at "${what}" (${message})`,
        {
          hint: 'The server gives no reason. Look into its log, and for a quota or a disk that reports errors.',
          ...(status === undefined ? {} : { facts: { status } }),
          cause: error,
        },
      );
  }
}

const saysFull = /no space|quota|disk (is )?full|insufficient/i;

export function full(where: string, what: string, cause: unknown): Failure {
  return new Failure('exhausted', 'STORAGE_FULL', `no space is left for "${what}" in "${where}"`, {
    hint: 'Free space, or run "holdfast forget" and "holdfast prune". Nothing that was saved is lost.',
    cause,
  });
}

export function vanished(where: string, cause: unknown): Failure {
  return new Failure('unavailable', 'STORAGE_VANISHED', `the folder of "${where}" is gone`, {
    hint: 'Is the disk of the server still connected and mounted?',
    cause,
  });
}

export function noHardLinks(where: string, cause: unknown): Failure {
  return new Failure('denied', 'STORAGE_NO_HARD_LINKS', `the file system of "${where}" has no hard links`, {
    hint: 'Choose a folder on another file system of the server, such as ext4, XFS, Btrfs or ZFS.',
    cause,
  });
}

export function lost(where: string, cause: unknown): Failure {
  return new Failure('unavailable', 'STORAGE_UNAVAILABLE', `the connection to "${where}" was lost`, {
    hint: 'Check the network and the server, then run the command again: finished packs are used again.',
    cause,
  });
}

/** The protocol's number for a channel that is not opened on purpose. */
const administrativelyProhibited = 1;

/** Of what went wrong before the first request. `host` is the machine at fault: the target, or the jump host. */
export function connectFailure(host: string, user: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const { level, code, message, reason } = error as {
    level?: string;
    code?: unknown;
    message?: string;
    reason?: unknown;
  };
  const text = message ?? String(error);
  const failed = (kind: 'denied' | 'unavailable', stable: string, what: string, more: FailureMore): Failure =>
    new Failure(kind, stable, what, { ...more, cause: error });
  if (level === 'client-authentication' || /too many authentication/i.test(text)) {
    return failed('denied', 'STORAGE_DENIED', `"${host}" refuses the login of "${user}"`, {
      hint: 'Check the user and the key, agent or password. "ssh -v" to the same host shows what the server accepts.',
    });
  }
  if (level === 'agent') {
    return failed('denied', 'STORAGE_DENIED', `the SSH agent failed to sign for "${user}" at "${host}"`, {
      hint: 'Check that the agent runs and holds the key: "ssh-add -l".',
    });
  }
  if (/no matching/i.test(text)) {
    return failed(
      'denied',
      'STORAGE_NO_COMMON_ALGORITHM',
      `"${host}" and Holdfast have no algorithm in common (${text})`,
      { hint: 'The server is too old or configured too narrowly. RSA host keys must be used with SHA-2.' },
    );
  }
  if (/subsystem/i.test(text)) {
    return failed('denied', 'STORAGE_DENIED', `"${host}" offers "${user}" no SFTP`, {
      hint: 'The login works, but the server has no "Subsystem sftp" for this account.',
    });
  }
  if (reason === administrativelyProhibited) {
    return failed('denied', 'STORAGE_DENIED', `"${host}" does not let "${user}" through to another host`, {
      hint: 'Set "AllowTcpForwarding yes" for this account on the jump host.',
    });
  }
  const unknown = unknownHostFailure(error);
  if (unknown !== undefined) return unknown;
  if (code === 'EAI_AGAIN') {
    return failed('unavailable', 'STORAGE_UNAVAILABLE', `the host "${host}" has no address`, {
      hint: 'Check the spelling of the host, and the name server.',
    });
  }
  return failed('unavailable', 'STORAGE_UNAVAILABLE', `"${host}" cannot be reached (${text})`, {
    hint: 'Check host, port and firewall, and whether the SSH server runs.',
  });
}
