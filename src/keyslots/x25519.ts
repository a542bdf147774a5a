// A slot for an X25519 key: small and fast, but a quantum computer could open a recorded one.

import { hpkeSlot } from './hpke-slot.ts';

export default hpkeSlot('x25519', 'X25519 key', false);
