import { describe, expect, it } from '@jest/globals';

import { planFor, type PlanInput } from './plan.domain.js';

const ordinary: PlanInput = {
  from: '+14155550101',
  forwardedFrom: null,
  forwardTo: ['+14155550901', '+14155550902'],
  suspended: false,
  ringSeconds: 20,
  screening: 'none',
  hubTargets: [],
};

describe('the default plan', () => {
  it('rings every target together', () => {
    expect(planFor(ordinary).plan).toEqual({
      kind: 'dial',
      targets: ordinary.forwardTo,
      ringSeconds: 20,
      screening: 'none',
    });
  });

  it.each<[string, Partial<PlanInput>, object]>([
    ['who calls is a target', { from: '+14155550901' }, { kind: 'dial', targets: ['+14155550902'] }],
    ['every target would come back', { forwardTo: ['+14155550101'] }, { kind: 'reject', reason: 'loop' }],
    [
      'the target forwarded the call to us',
      { forwardTo: ['+14155550901'], forwardedFrom: '+14155550901' },
      { kind: 'reject', reason: 'loop' },
    ],
    [
      'the target is a hub number',
      { forwardTo: ['+14155550901'], hubTargets: ['+14155550901'] },
      { kind: 'reject', reason: 'loop' },
    ],
    ['there is nobody to ring', { forwardTo: [] }, { kind: 'unattended' }],
    ['the tenant is suspended', { suspended: true }, { kind: 'reject', reason: 'suspended' }],
  ])('when %s', (_, changes, plan) => {
    expect(planFor({ ...ordinary, ...changes }).plan).toMatchObject(plan);
  });
});
