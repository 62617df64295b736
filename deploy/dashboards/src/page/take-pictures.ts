import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { DASHBOARDS } from '../generated-files.ts';
import { type PageOptions, servePage } from './serve-page.ts';

const VIEW = { width: 1500, height: 900 };
const DRAWN_WITHIN_MS = 30_000;

/**
 * A picture of each dashboard, drawn by the page in a headless Chromium. Returns the paths. Rejects when there is no
 * `/usr/bin/chromium`, or when a dashboard could not be drawn.
 */
export async function takePictures(options: PageOptions & { readonly out: string }): Promise<string[]> {
  mkdirSync(options.out, { recursive: true });
  const page = await servePage(options);
  try {
    const browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
    });
    try {
      const tab = await browser.newPage({ viewport: VIEW });
      const paths: string[] = [];
      for (const { uid } of DASHBOARDS) {
        await tab.goto(`${page.url}/?uid=${uid}`);
        await tab.locator('body.drawn, body.failed').waitFor({ timeout: DRAWN_WITHIN_MS });
        if ((await tab.locator('body.failed').count()) > 0) {
          throw new Error(`${uid}: ${await tab.locator('h1').textContent()}`);
        }
        const path = join(options.out, `${uid?.replace('nova-torch-', '')}.png`);
        await tab.screenshot({ path, fullPage: true });
        paths.push(path);
      }
      return paths;
    } finally {
      await browser.close();
    }
  } finally {
    await page.close();
  }
}
