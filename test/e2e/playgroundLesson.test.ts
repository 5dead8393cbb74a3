/** Lessons, from the link to the last step. */
import { describe, expect, it } from 'vitest';
import { demoForTests, expectSoon, seriousFindings, visit } from './visit.ts';
import type { Visit } from './visit.ts';

const demo = demoForTests();
const LECTURE = { viewport: { width: 1280, height: 720 } };

async function onLesson(
  name: string,
  act: (current: Visit) => Promise<void>,
  answer?: string,
): Promise<void> {
  const { url } = demo.site;
  const current = await visit(demo.browser, url, LECTURE);
  if (answer !== undefined) {
    await current.page.route(
      ({ pathname }) => pathname.endsWith('/mine.json'),
      (route) => route.fulfill({ contentType: 'application/json', body: answer }),
    );
  }
  await current.page.goto(`${url}?lesson=${name}`);
  try {
    await act(current);
    expect(current.problems).toEqual([]);
  } finally {
    await current.close();
  }
}

const OWN = {
  title: 'Mine',
  about: 'A lesson of one step.',
  steps: [
    {
      title: 'First',
      minutes: 2,
      state: 'data=moons&couplings=1&hidden=8&batch=64&steps=20',
      text: ['A small flow.'],
      question: 'Will it be done?',
      choices: [{ words: 'Yes', right: 'step > 19' }, { words: 'No' }],
      expected: 1,
      do: 'train',
      reveal: [{ if: 'step > 19', words: 'It made {step} steps.' }, { words: 'It stopped.' }],
    },
  ],
};

describe('a lesson', () => {
  it('goes from its link to its last step, and speaks of the numbers of its runs', () =>
    onLesson('variables', async ({ page }) => {
      const steps = 4;
      for (let at = 1; at <= steps; at++) {
        await expectSoon(() => page.textContent('#lesson-place')).toMatch(
          new RegExp(`^Step ${at} of ${steps},`),
        );
        // Predict, then run.
        await page.waitForSelector('#lesson-run:disabled');
        await page.check('[name="prediction"] >> nth=0');
        await page.click('#lesson-run:enabled');
        await page.waitForSelector('#lesson-next:enabled');
        const [outcome, words] = await page.locator('#lesson-told p').allTextContents();
        expect(outcome).toMatch(
          /^(As you predicted|You predicted “.*”\. It came out otherwise: “.*”|None of)/,
        );
        expect(words).toMatch(/-?\d\.\d\d nats/);
        const shown = (await page.textContent('#point-log-prob'))?.replace(' nats', '') ?? '';
        expect(words).toContain(at < steps ? `${shown} nats` : 'nats');
        // Everything that a step needs is on the screen.
        await expect(page.locator('#lesson-next').boundingBox()).resolves.toSatisfy(
          (box: { y: number; height: number }) => box.y + box.height <= 720,
        );
        await page.click('#lesson-next');
      }
      await expectSoon(() => page.textContent('#lesson-end')).toMatch(
        /^That was the last step\. \d of your 4 /,
      );
      await page.reload();
      await expectSoon(() => page.textContent('#lesson-place')).toMatch(/^Step 4 of 4/);
      await expectSoon(() => seriousFindings(page)).toEqual([]);
    }));

  it('may be a file of the same origin', () =>
    onLesson(
      './mine.json',
      async ({ page }) => {
        await page.check('[name="prediction"] >> nth=0');
        await page.click('#lesson-run:enabled');
        await expectSoon(() => page.locator('#lesson-told p').allTextContents()).toEqual([
          'As you predicted.',
          'It made 20 steps.',
        ]);
      },
      JSON.stringify(OWN),
    ));

  it('with a mistake is refused in words, and the page works', () =>
    onLesson(
      './mine.json',
      async ({ page }) => {
        await expectSoon(() => page.textContent('#lesson-mistake')).toMatch(
          /^\.\/mine\.json, steps\.0\.do: found "dance", expected \("train" \| "look"\)\.$/,
        );
        await page.goto(`${demo.site.url}?lesson=https://elsewhere.example/mine.json`);
        await expectSoon(() => page.textContent('#lesson-mistake')).toMatch(
          /loads nothing from other sites\.$/,
        );
      },
      JSON.stringify({ ...OWN, steps: [{ ...OWN.steps[0], do: 'dance' }] }),
    ));

  it('is in the list, and has a sheet for its teacher', () =>
    onLesson('', async ({ page }) => {
      await expectSoon(() => page.locator('.lessons li').count()).toBe(6);
      await expectSoon(() => seriousFindings(page)).toEqual([]);
      await page.click('.lessons li:first-child a:has-text("sheet")');
      await expectSoon(() => page.textContent('#sheet h1')).toBe('The change of variables');
      expect(await page.locator('#sheet .expected').count()).toBe(4);
      expect(await page.locator('#sheet .expected').first().textContent()).toBe('C. Neither (expected)');
      await page.emulateMedia({ media: 'print' });
      expect(await page.locator('#sheet button').isVisible()).toBe(false);
      expect(await seriousFindings(page)).toEqual([]);
    }));
});
