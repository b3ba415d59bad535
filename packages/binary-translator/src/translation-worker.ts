import { emitModule } from './region-module';
import { receivedPlan, type SentPlan } from './region-message';

/** Asks the worker for a module. */
export interface ModuleRequest {
  readonly id: number;
  readonly tailCalls: boolean;
  readonly plans: readonly SentPlan[];
}

/** The worker's answer; without a module if it failed. */
export interface ModuleAnswer {
  readonly id: number;
  readonly module: WebAssembly.Module | undefined;
  /** Of WebAssembly. */
  readonly bytes: number;
}

/** A thread that makes modules; its other end calls {@link answerModuleRequest}. */
export interface TranslationWorker {
  /** There will be something to do: starts the thread if it does not run yet. */
  start(): void;
  /** Calls `answered` later, in a turn of the event loop: with undefined if there is no thread any more. */
  request(request: Omit<ModuleRequest, 'id'>, answered: (answer: ModuleAnswer | undefined) => void): void;
}

/** What the thread of a {@link TranslationWorker} does with a message. */
export function answerModuleRequest({ id, tailCalls, plans }: ModuleRequest): ModuleAnswer {
  try {
    const bytes = emitModule(plans.map(receivedPlan), tailCalls);
    return { id, module: new WebAssembly.Module(bytes), bytes: bytes.length };
  } catch {
    return { id, module: undefined, bytes: 0 };
  }
}
