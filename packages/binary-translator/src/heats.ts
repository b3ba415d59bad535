/** The interpreter reports a place that many times before it is hot, each time after its share of the entries ... */
const REPORTS = 4;
/** ... which is not worth it for less than so many. */
const LEAST_SHARE = 100;
/** What is inside a region has to be reported as many times as often before it gets a region of its own. */
const COVERED = { busy: 17, free: 4 } as const;
/** While the thread that translates has nothing to do, a place is hot after this part of the entries. */
const FREE_SHARE = 2;

/** Entries of a place after which the interpreter reports it, if it is to be hot after so many. */
export const reportedAfter = (hotAfter: number): number =>
  Math.max(Math.min(hotAfter, LEAST_SHARE), Math.floor(hotAfter / REPORTS));

/** Places known before all are forgotten: a guest that runs ever new code is not to fill the host's memory. */
const MOST_PLACES = 1 << 16;

interface HotPlace {
  /** Halved in each period that the place has not been reported in since. */
  reports: number;
  period: number;
  /** Inside a region. */
  covered: boolean;
}

/** How often places in code are entered, and when that is often enough. */
export class Heats {
  /** By page and offset. */
  private readonly places = new Map<number, Map<number, HotPlace>>();
  private readonly wanted: number;
  private known = 0;
  /** Counts the times that everything cooled off. */
  private period = 0;

  constructor(hotAfter: number) {
    this.wanted = Math.ceil(hotAfter / reportedAfter(hotAfter));
  }

  private of(page: number, offset: number): HotPlace {
    const place = this.places.get(page)?.get(offset) ?? this.add(page, offset);
    place.reports >>= Math.min(31, this.period - place.period);
    place.period = this.period;
    return place;
  }

  private add(page: number, offset: number): HotPlace {
    if (this.known >= MOST_PLACES) this.drop(-1);
    this.known++;
    const place = { reports: 0, period: this.period, covered: false };
    const places = this.places.get(page);
    if (places) places.set(offset, place);
    else this.places.set(page, new Map([[offset, place]]));
    return place;
  }

  /**
   * Takes a report of a place, which may have a region of its own already: 1 if it is hot now, 2 if it is twice as hot, and so on.
   * `free`: the thread that translates has nothing to do.
   */
  report(page: number, offset: number, installed: boolean, free: boolean): number {
    const place = this.of(page, offset);
    place.reports++;
    const wanted = free ? Math.ceil(this.wanted / FREE_SHARE) : this.wanted;
    const inside = place.covered && !installed;
    return Math.floor(place.reports / (wanted * (inside ? COVERED[free ? 'free' : 'busy'] : 1)));
  }

  /** A region covers the place; begins anew where it does so for the first time, or begins there. */
  cover(page: number, offset: number, entry: number): void {
    const place = this.of(page, offset);
    if (!place.covered || offset === entry) place.reports = 0;
    place.covered = true;
  }

  /** The guest waits: what it does at its prompt is not to become hot in the end. */
  cool(): void {
    this.period++;
  }

  /** The regions of a page are dropped, -1: all. Code that is written again and again gets hot all the same. */
  drop(page: number): void {
    if (page < 0) {
      this.places.clear();
      this.known = 0;
    }
    for (const place of this.places.get(page)?.values() ?? []) place.covered = false;
  }
}
