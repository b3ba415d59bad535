import { MEMORY_MAP } from '@trapgate/mmu';
import { describe, expect, it } from 'vitest';
import { compareEngines, type Subject } from './testing/lockstep';
import { answerModuleRequest, type ModuleAnswer, type TranslationWorker } from './translation-worker';

/** A thread that answers some slices later; the first `lost` requests never reach it. */
class LateWorker implements TranslationWorker {
  answered = 0;
  started = false;
  private readonly pending: (() => void)[] = [];

  constructor(
    private readonly slices: number,
    private lost = 0,
  ) {}

  start(): void {
    this.started = true;
  }

  request(...[request, answered]: Parameters<TranslationWorker['request']>): void {
    // What crosses threads is copied; WebAssembly.Module is not among what structuredClone takes everywhere.
    const sent = structuredClone({ ...request, id: 1 });
    const answer = (): ModuleAnswer | undefined => {
      this.answered++;
      return this.lost-- > 0 ? undefined : answerModuleRequest(sent);
    };
    let left = this.slices;
    const wait = (): void => {
      if (left-- > 0) this.pending.push(wait);
      else answered(answer());
    };
    this.pending.push(wait);
  }

  turn = (): void => this.pending.splice(0).forEach((go) => go());
}

const CALLS =
  'mov ecx, 3000\nmain: push ecx\nmov eax, 6\ncall fib\npop ecx\nadd edi, eax\nrol edi, 3\nloop main\nhlt\n' +
  'fib: cmp eax, 2\njb done\npush eax\ndec eax\ncall fib\nxchg eax, [esp]\nsub eax, 2\ncall fib\npop ebx\nadd eax, ebx\ndone: ret';
/** The immediate operand changes every few hundred rounds. */
const PATCHED =
  'mov ecx, 6000\nagain: add eax, 1\npatch equ $ - 1\nfld1\nfstp st0\nmov edx, ecx\nand edx, 0x1ff\njnz next\ninc byte [patch]\nnext: dec ecx\njnz again\nhlt';

describe('modules made by another thread', () => {
  it.each([0, 1, 7])('are entered when they arrive, %d slices late', (slices) => {
    const worker = new LateWorker(slices);
    const { regions, share } = compareEngines(CALLS, { worker, sliceEnded: worker.turn });
    expect(worker.started).toBe(true);
    expect(worker.answered).toBeGreaterThan(0);
    expect(regions).toBeGreaterThan(0);
    expect(share).toBeGreaterThan(0.5);
  });

  it('are dropped if their code has been written meanwhile', () => {
    const worker = new LateWorker(40);
    const { regions } = compareEngines(PATCHED, { worker, sliceEnded: worker.turn });
    expect(worker.answered).toBeGreaterThan(regions);
    expect(regions).toBeGreaterThan(0);
  });

  it('are made here if there is no thread any more', () => {
    const worker = new LateWorker(1, Infinity);
    const { regions, share } = compareEngines(CALLS, { worker, sliceEnded: worker.turn });
    expect(regions).toBeGreaterThan(0);
    expect(share).toBeGreaterThan(0.5);
  });

  it('are given up if the room for decoded code ends before they arrive', () => {
    const machines: Subject[] = [];
    const worker = new LateWorker(1);
    let slices = 0;
    const { regions, share } = compareEngines(CALLS, {
      worker,
      prepare: (machine) => machines.push(machine),
      sliceEnded: () => {
        // Nothing public fills an arena in a short test.
        const { processor } = machines[1]! as unknown as {
          processor: { interpreter: { code: { next: number } } };
        };
        if (++slices % 20 === 2) processor.interpreter.code.next = MEMORY_MAP.codeArenaEnd - 0x100;
        worker.turn();
      },
    });
    expect(regions).toBeGreaterThan(0);
    expect(share).toBeGreaterThan(0.4);
  });
});
