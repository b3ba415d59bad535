import type { Page } from 'playwright-core';

const WATCHED = 2000;
const ATTEMPTS = 3;

/**
 * Milliseconds of the tasks of the main thread that took more than 50 ms, while the page is watched for two seconds. Where
 * there are some, twice more: other work on this computer makes tasks longer, a page that is too slow is so every time.
 */
export async function longTasks(page: Page): Promise<number[]> {
  let tasks: number[] = [];
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    tasks = await page.evaluate(async (milliseconds) => {
      const list: number[] = [];
      const observer = new PerformanceObserver((entries) =>
        list.push(...entries.getEntries().map(({ duration }) => duration)),
      );
      observer.observe({ type: 'longtask' });
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      observer.disconnect();
      return list;
    }, WATCHED);
    if (tasks.length === 0) break;
  }
  return tasks;
}
