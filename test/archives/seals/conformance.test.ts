import { test } from 'node:test';
import { conformanceOf } from '../../../src/archives/seals/conformance.ts';
import { testContext } from '../../world.ts';
import { sealsUnderTest } from './seal-world.ts';

for (const under of await sealsUnderTest()) {
  for (const promise of conformanceOf(under, testContext()))
    test(`${under.title}: ${promise.name}`, () => promise.check());
}
