import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromium, type Browser as Chromium, type Page } from 'playwright-core';
import type { N8nApi } from '../host/api';
import { findChromium } from './chromium';

/** The README's pictures, made again with SCREENSHOTS=1. */
const PICTURES = resolve(__dirname, '..', '..', '..', '.github', 'screenshots');

export const PHONE = { width: 390, height: 844 } as const;
export const DESKTOP = { width: 1280, height: 900 } as const;

/** A real Chromium, in which pages are looked at and filled in. */
export class Browser {
  private constructor(private readonly chromium: Chromium) {}

  static async start(): Promise<Browser> {
    const executablePath = findChromium();
    if (!executablePath) throw new Error('There is no Chromium; the run of the end-to-end tests installs it');
    // Containers and the root account have no sandbox for it; it opens pages of this machine only.
    const args = ['--no-sandbox', '--disable-dev-shm-usage'];
    return new Browser(await chromium.launch({ executablePath, args }));
  }

  /** A page with cookies of its own; signed in to n8n as the owner where `as` is given. */
  async open(size: { width: number; height: number }, as?: N8nApi): Promise<Page> {
    const context = await this.chromium.newContext({ viewport: size, locale: 'en-GB' });
    if (as) {
      const cookies = as.session.cookies().map((cookie) => ({ ...cookie, url: as.url }));
      await context.addCookies(cookies);
    }
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    return page;
  }

  async close(): Promise<void> {
    await this.chromium.close();
  }
}

/** Opens a form of n8n that asks who somebody is; they allow once that it may know. */
export async function openForm(page: Page, url: string): Promise<void> {
  await page.goto(url);
  const allow = page.getByRole('button', { name: /allow|continue|authorize/i });
  const submit = page.locator('#submit-btn');
  await allow.or(submit).first().waitFor();
  if (await allow.isVisible()) await allow.click();
  await submit.waitFor();
}

/** Sends what was filled in, by the form's own button. */
export async function submitForm(page: Page): Promise<void> {
  await page.locator('#submit-btn').click();
}

/** Whether anything sticks out to the right: on a phone, people would have to push the page to and fro. */
export const scrollsSideways = async (page: Page): Promise<boolean> =>
  await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth > clientWidth;
  });

/** Moves on by the tab key until this element has the focus, as somebody without a mouse does. */
export async function tabTo(page: Page, selector: string, most = 60): Promise<void> {
  for (let presses = 0; presses < most; presses++) {
    const isThere = await page.evaluate(
      (wanted) => document.activeElement?.matches(wanted) === true,
      selector,
    );
    if (isThere) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${selector} cannot be reached by the keyboard`);
}

/** Keeps a picture for the README, where they are to be made. */
export async function picture(page: Page, name: string): Promise<void> {
  if (process.env['SCREENSHOTS'] !== '1') return;
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
}
