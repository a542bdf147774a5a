// Suite 1, the default: AES-256-GCM (NIST SP 800-38D) as every CPU with AES instructions likes it.

import { defineAead } from './aead.ts';

export default defineAead(1, 'aes-256-gcm');
