import { lessonsOf, type Lesson, type LessonPlan } from './lesson';

const PROGRAMS = import.meta.glob<string>('./lessons/**/*.asm', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** Every folder in `lessons` is a lesson. */
export const lessons: readonly Lesson[] = lessonsOf({
  texts: import.meta.glob<string>('./lessons/*/text.md', { query: '?raw', import: 'default', eager: true }),
  programs: PROGRAMS,
  plans: import.meta.glob<LessonPlan>('./lessons/*/lesson.json', { import: 'default', eager: true }),
});

/** What `%include` finds. */
export function includedFile(name: string): string {
  const text = PROGRAMS[`./lessons/${name}`];
  if (text === undefined) throw new Error(`there is no file ${name}`);
  return text;
}
