import type { Page } from 'playwright-core';
import { tasksDuring } from './main-thread';

const WATCHED = 2500;

/** Milliseconds of processor time of the longest task that the page's main thread has while it is watched. */
export async function longestTask(page: Page): Promise<number> {
  const tasks = await tasksDuring(page, () => page.waitForTimeout(WATCHED));
  return Math.max(0, ...tasks.map(({ busy }) => busy));
}
