import { VirtualMachine } from '@trapgate/vmm';
import { describe, expect, it } from 'vitest';
import { parseText, type Lesson } from './lesson';
import { LessonMachine } from './lesson-machine';
import { includedFile, lessons } from './lessons';
import { ObservationError, observe } from './observe';

const machineOf = (): Promise<LessonMachine> =>
  LessonMachine.create((options) => VirtualMachine.create(options), includedFile);

/** Runs a whole lesson; gives the results that are not what its text says. */
async function surprises(lesson: Lesson, machine: LessonMachine): Promise<string[]> {
  const { steps, question } = lesson.plan;
  await machine.start(lesson);
  const wrong: string[] = [];
  for (const [n, step] of [...steps, question].entries()) {
    if (step === question && question.define) await machine.start(lesson, question.define);
    for (const { label, found, is, atLeast, right } of await machine.run(step)) {
      if (!right) wrong.push(`step ${n + 1}: ${label}: ${found}, not ${is ?? `at least ${atLeast}`}`);
    }
  }
  return wrong;
}

describe('the lessons', () => {
  it('are the four that there are to be, in their order', () => {
    expect(lessons.map(({ id }) => id)).toEqual(['traps', 'stack', 'translation', 'timer']);
  });

  it.each(lessons.map((lesson) => [lesson.id, lesson] as const))(
    '%s: the program does what the text says, twice',
    async (_, lesson) => {
      const machine = await machineOf();
      expect(await surprises(lesson, machine)).toEqual([]);
      expect(await surprises(lesson, machine)).toEqual([]);
      await machine.dispose();
    },
  );

  it.each(lessons.map((lesson) => [lesson.id, lesson] as const))('%s: is complete', (_, { text, plan }) => {
    expect(text.paragraphs.length).toBeGreaterThan(0);
    for (const section of [...text.steps, text.question, text.answer])
      expect(section.paragraphs.length, section.title).toBeGreaterThan(0);
    expect(plan.question.choices[plan.question.right]).toBeDefined();
    // A result without a claim could not be wrong.
    for (const { label, is, atLeast } of [...plan.steps, plan.question].flatMap(({ show }) => show))
      expect(is ?? atLeast, label).toBeDefined();
  });

  it('a wrong claim would be noticed', async () => {
    const [lesson] = lessons;
    const machine = await machineOf();
    await machine.start(lesson!);
    const show = [{ label: 'CPL', value: 'cpl', is: '0' }];
    expect((await machine.run({ do: [{ until: 'user' }], show }))[0]).toMatchObject({
      found: '3',
      right: false,
    });
    await expect(machine.run({ do: [{ until: 'nowhere' }], show })).rejects.toThrow('no label nowhere');
    await expect(machine.run({ do: [{ until: 'main' }], show })).rejects.toThrow('does not come to main');
    const observed = {
      machine: machine.machine,
      told: { faults: [], regions: new Map(), dropped: 0 },
      symbols: new Map(),
      remembered: new Map(),
      translatedBefore: 0,
    };
    await expect(observe('colour', observed)).rejects.toThrow(ObservationError);
    await expect(observe('hex [nowhere]', observed)).rejects.toThrow('what is nowhere?');
    await machine.dispose();
  });

  it('texts have a title, steps, a question and an answer', () => {
    expect(parseText('# T\n\na\nb\n\n## S\n\nc\n\n## Question\n\nq\n\n## Answer\n\nr\n')).toEqual({
      title: 'T',
      paragraphs: ['a b'],
      steps: [{ title: 'S', paragraphs: ['c'] }],
      question: { title: 'Question', paragraphs: ['q'] },
      answer: { title: 'Answer', paragraphs: ['r'] },
    });
    expect(() => parseText('# T\n\n## Answer')).toThrow('a question');
  });
});
