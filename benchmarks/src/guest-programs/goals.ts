import { geometricMean, speedOver, type SubjectSummary } from './summary';
import { nodesOf, peerOf } from './tables';

interface Bounds {
  /** Start to /init, of v86's time. */
  initOfV86: number;
  /** Start to /init, of QEMU's time. */
  initOfQemu: number;
  /** Warm programs, geometric mean, times as fast. */
  meanOverV86: number;
  meanOverQemu: number;
  /** Each program, times as fast. */
  eachOverV86: number;
  eachOverQemu: number;
}

const required: Bounds = {
  initOfV86: 0.4,
  initOfQemu: Infinity,
  meanOverV86: 3,
  meanOverQemu: 1.6,
  eachOverV86: 1,
  eachOverQemu: 0,
};
const aim: Bounds = {
  initOfV86: 0.25,
  initOfQemu: 1,
  meanOverV86: 4,
  meanOverQemu: 2.5,
  eachOverV86: 1,
  eachOverQemu: 1,
};

interface Reached {
  what: string;
  value: number;
  bound(bounds: Bounds): number;
  /** The value must be at most the bound; otherwise at least. */
  isTime?: true;
}

function reached(own: SubjectSummary, summaries: readonly SubjectSummary[]): Reached[] {
  const values: Reached[] = [];
  for (const [name, title, key] of [
    ['v86', 'v86', 'V86'],
    ['qemu', 'QEMU', 'Qemu'],
  ] as const) {
    const peer = peerOf(summaries, name, own.node);
    if (!peer) continue;
    if (own.init !== undefined && peer.init !== undefined)
      values.push({
        what: `start to /init, of ${title}'s time`,
        value: own.init / peer.init,
        bound: (bounds) => bounds[`initOf${key}`],
        isTime: true,
      });
    const speeds = speedOver(own, peer);
    if (speeds.size === 0) continue;
    const [slowest, least] = [...speeds].reduce((least, entry) => (entry[1] < least[1] ? entry : least));
    values.push(
      {
        what: `programs, geometric mean, over ${title}`,
        value: geometricMean([...speeds.values()])!,
        bound: (bounds) => bounds[`meanOver${key}`],
      },
      {
        what: `slowest program (${slowest}), over ${title}`,
        value: least,
        bound: (bounds) => bounds[`eachOver${key}`],
      },
    );
  }
  return values;
}

function verdict({ value, bound, isTime }: Reached, bounds: Bounds): string {
  const limit = bound(bounds);
  if (limit === 0 || limit === Infinity) return 'none';
  const kept = isTime ? value <= limit : value >= limit;
  return `${isTime ? 'at most' : 'at least'} ${limit}: ${kept ? 'kept' : 'MISSED'}`;
}

/** What is asked of Trapgate beside its peers, and whether it is reached: one line each. */
export function goalLines(summaries: readonly SubjectSummary[]): string[] {
  return nodesOf(summaries).flatMap((node) => {
    const own = summaries.find((summary) => summary.subject === 'trapgate' && summary.node === node);
    if (!own) return [];
    return reached(own, summaries).map(
      (value) =>
        `Node.js ${node}: ${value.what}: ${value.value.toFixed(2)} (required ${verdict(value, required)}; aim ${verdict(value, aim)})`,
    );
  });
}
