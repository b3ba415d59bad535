/* global module */
// How changesets become lines of a changelog: what a user notices, in the words of the changeset; new versions of other
// packages of this repository in one line.

/** @type {import('@changesets/types').ChangelogFunctions} */
module.exports = {
  getReleaseLine: async ({ summary }) => {
    const [first, ...rest] = summary.trim().split('\n');
    return [`- ${first}`, ...rest.map((line) => `  ${line}`)].join('\n');
  },
  getDependencyReleaseLine: async (_changesets, updated) =>
    updated.length === 0
      ? ''
      : `- Uses ${updated.map(({ name, newVersion }) => `${name} ${newVersion}`).join(', ')}.`,
};
