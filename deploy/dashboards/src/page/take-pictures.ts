import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { DASHBOARDS } from '../generated-files.ts';
import { type PageOptions, servePage } from './serve-page.ts';

const VIEW = { width: 1400, height: 800 };
const DRAWN_WITHIN_MS = 30_000;
const TRIES_MAX = 5;

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
      for (const { uid = '' } of DASHBOARDS) {
        await drawIn(tab, `${page.url}/?uid=${uid}`);
        const path = join(options.out, `${uid.replace('nova-torch-', '')}.png`);
        await tab.screenshot({ path, fullPage: true });
        shrink(path);
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

/** Chromium drops the requests under way whenever a network of the machine comes or goes: then it is tried again. */
async function drawIn(tab: Page, url: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    await tab.goto(url);
    await tab.locator('body.drawn, body.failed').waitFor({ timeout: DRAWN_WITHIN_MS });
    if ((await tab.locator('body.failed').count()) === 0) return;
    if (tries === TRIES_MAX) throw new Error(`${url}: ${await tab.locator('h1').textContent()}`);
  }
}

/** To 128 colours where there is a `pngquant`; else the picture stays as it is. */
function shrink(path: string): void {
  spawnSync('pngquant', ['--force', '--skip-if-larger', '--output', path, '128', path], { timeout: 30_000 });
}
