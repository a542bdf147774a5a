// Suite 2: ChaCha20-Poly1305 (RFC 8439), for CPUs without AES instructions.

import { defineAead } from './aead.ts';

export default defineAead(2, 'chacha20-poly1305');
