/** A label scheme of an operator's own: one level, one criterion, which the test states. */
export const ownScheme = (criterion: object, more: object = {}) => ({
  id: 'harbour-green',
  name: 'Harbour Green',
  edition: '1',
  levels: [{ id: 'green', name: 'Green', decided: true }],
  roles: {},
  sets: {},
  parts: [
    {
      name: 'services',
      appliesTo: { kinds: ['offering'] },
      criteria: [
        {
          id: 'H1',
          category: 'Name',
          title: 'Its name',
          levels: { green: 'declaration' },
          effort: 1,
          met: 'It is so',
          ...criterion,
        },
      ],
    },
  ],
  notApplicable: 'Only services are graded.',
  ...more,
});
