// T-90: the chain of a writer's snapshots after any backups, forgettings and losses: what was forgotten is never called missing, and what
// was lost always is, by the chain itself or by the memory of the host, whether or not tombstones repeat what the forgotten ones named.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { loadChain, nextInChain } from '../../src/repository/chain.ts';
import { lengthOf } from '../../src/repository/gaps.ts';
import type { Repository } from '../../src/repository/repository.ts';
import { sealSnapshot, sealTombstone } from '../../src/repository/snapshot.ts';
import { MemoryStorage } from '../../src/storage/memory.ts';
import { budgetOf, report } from '../campaign.ts';
import { create, open, scratch, type TestContext, testContext } from '../world.ts';

const numRuns = budgetOf('PROPERTY', 15);
after(() => report({ campaign: 'T-90', tried: numRuns, lost: 0, wrong: 0, manual: 0 }));

type Step = { readonly type: 'publish' } | { readonly type: 'forget' | 'lose'; readonly which: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ type: fc.constant('publish' as const) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('forget' as const), which: fc.nat(20) }) },
  fc.record({ type: fc.constant('lose' as const), which: fc.nat(20) }),
);

async function publish(repository: Repository, context: TestContext): Promise<string> {
  const chain = await loadChain(repository, context);
  const { writerId } = repository.writer;
  const entry = { ...nextInChain(chain, writerId), writerId, time: context.clock.now() };
  const object = sealSnapshot(
    repository.ring,
    {
      ...entry,
      id: randomBytes(16).toString('hex'),
      sessionId: randomBytes(16).toString('hex'),
      host: 'h',
      user: 'u',
      paths: ['/'],
      tags: [],
      durationMs: 0,
      outcome: 'succeeded',
      stats: { entries: 0, bytes: 0, problems: 0, newBlobs: 0, storedBytes: 0 },
      root: randomBytes(32),
      skeleton: randomBytes(32),
      owners: { users: new Map(), groups: new Map() },
      sourceKind: 'files',
      tool: 'test',
    },
    repository.writer,
  );
  return put(repository, 'snapshots', object, entry.seq, context);
}

async function forget(
  repository: Repository,
  name: string,
  isRepeating: boolean,
  context: TestContext,
): Promise<string> {
  const chain = await loadChain(repository, context);
  const one = chain.snapshots.find((snapshot) => snapshot.name === name);
  assert.ok(one !== undefined);
  const { writerId } = repository.writer;
  const entry = { ...nextInChain(chain, writerId), writerId, time: context.clock.now(), run: 'test' };
  const before = isRepeating ? { prev: one.prev } : {};
  const forgotten = [{ name, id: one.id, writerId, seq: one.seq, rule: 'test', ...before }];
  const object = sealTombstone(repository.ring, { ...entry, forgotten }, repository.writer);
  const tombstone = await put(repository, 'tombstones', object, entry.seq, context);
  await repository.storage.delete(`snapshots/${name}`, { signal: context.signal });
  return tombstone;
}

async function put(
  repository: Repository,
  kind: string,
  object: Uint8Array,
  seq: number,
  context: TestContext,
): Promise<string> {
  const name = createHash('sha256').update(object).digest('hex');
  await repository.storage.put(`${kind}/${name}`, object, { ifAbsent: true, signal: context.signal });
  const heads = (await loadChain(repository, context)).heads;
  repository.state.rememberHeads({ ...heads, [repository.writer.writerId]: { seq, names: [name] } });
  return name;
}

test('after any history every loss is told once, and nothing that was forgotten is called lost', async () => {
  using folder = scratch();
  const context = testContext();
  const base = new MemoryStorage();
  await create(base, folder.path, context);
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 12 }),
      fc.boolean(),
      async (steps, isRepeating) => {
        const memory = base.clone();
        const repository = await open(memory, folder.path, 'writer', context);
        repository.state.rememberHeads({});
        const present: string[] = [];
        const lost = new Set<string>();
        const forgotten = new Set<string>();
        let entries = 0;
        for (const one of steps) {
          if (one.type === 'publish') {
            present.push(await publish(repository, context));
            entries += 1;
          } else if (present.length > 0) {
            const [name] = present.splice(one.which % present.length, 1) as [string];
            if (one.type === 'forget') {
              await forget(repository, name, isRepeating, context);
              forgotten.add(name);
              entries += 1;
            } else {
              memory.damage(`snapshots/${name}`, undefined);
              lost.add(name);
              // A writer refuses to go on from here; what follows would hide nothing, but is no history.
              break;
            }
          }
        }
        const chain = await loadChain(repository, context);
        assert.deepEqual(chain.snapshots.map((one) => one.name).sort(), [...present].sort());
        assert.equal(chain.broken.length, 0);
        const told = new Set([...chain.missing, ...chain.rolledBack]);
        // Whoever was named only by an entry that was forgotten is told by its place alone.
        assert.equal(told.size + lengthOf(chain.gaps), lost.size);
        for (const name of told) assert.ok(lost.has(name));
        if (isRepeating) assert.deepEqual(chain.gaps, []);
        for (const name of forgotten) assert.ok(!told.has(name));
        assert.equal(chain.tombstones.size, forgotten.size);
        const all = [...chain.snapshots, ...chain.tombstones.values()].map((one) => one.seq);
        assert.equal(new Set(all).size, all.length, 'two entries of one place');
        if (lost.size === 0) assert.equal(nextInChain(chain, repository.writer.writerId).seq, entries + 1);
      },
    ),
    { numRuns },
  );
});
