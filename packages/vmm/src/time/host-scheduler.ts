/**
 * The one place that touches the host's event loop. `setImmediate` (Node.js) or a message channel (browsers) lets
 * other work run without the delay of at least 1 ms (nested in a browser: 4 ms) that a timer costs.
 */
export interface HostScheduler {
  /** Resolves after the host had a turn for input and timers. */
  yield(): Promise<void>;
  /** Resolves after `milliseconds` or when `wake` is called, whichever is first. At most one sleep at a time. */
  sleep(milliseconds: number): Promise<void>;
  /** Ends a sleep in progress. */
  wake(): void;
  /** Gives back what keeps the host's event loop alive. */
  close(): void;
}

/** Timers take at most 2^31 - 1 ms; a guest that waits for ever is looked at once in a while. */
const LONGEST_SLEEP = 60_000;

type Turn = (callback: () => void) => void;

interface TurnPort {
  onmessage: (() => void) | null;
  postMessage(message: null): void;
  close(): void;
}

/** What hosts differ in. */
interface HostTurns {
  readonly setImmediate?: Turn;
  readonly MessageChannel: new () => { readonly port1: TurnPort; readonly port2: TurnPort };
}

interface TurnSource {
  readonly turn: Turn;
  close(): void;
}

function turnSource(): TurnSource {
  const { setImmediate, MessageChannel } = globalThis as unknown as HostTurns;
  if (setImmediate) return { turn: (callback) => setImmediate(callback), close: () => {} };
  const channel = new MessageChannel();
  return {
    turn: (callback) => {
      channel.port1.onmessage = callback;
      channel.port2.postMessage(null);
    },
    close: () => channel.port1.close(),
  };
}

/** A scheduler on the event loop of this host. */
export function hostScheduler(): HostScheduler {
  const source = turnSource();
  let wakeUp: (() => void) | null = null;
  return {
    yield: () => new Promise((resolve) => source.turn(resolve)),
    sleep: (milliseconds) =>
      new Promise((resolve) => {
        const awake = (): void => {
          wakeUp = null;
          resolve();
        };
        // Rounded up: a timer that fires early would only be followed by another one.
        const timer = setTimeout(awake, Math.min(Math.ceil(milliseconds), LONGEST_SLEEP));
        wakeUp = () => {
          clearTimeout(timer);
          awake();
        };
      }),
    wake: () => wakeUp?.(),
    close: () => {
      wakeUp?.();
      source.close();
    },
  };
}
