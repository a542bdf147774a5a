// A slot for an X-Wing key (ML-KEM-768 with X25519): the public-key slot that a quantum computer does not open.

import { hpkeSlot } from './hpke-slot.ts';

export default hpkeSlot('mlkem768-x25519', 'ML-KEM-768 + X25519 key', true);
