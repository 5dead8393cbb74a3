import { describe, expect, it } from 'vitest';
import { embedCode, embedOf } from '../../demo/page/embed.ts';

describe('a page inside another one', () => {
  it('is asked for in the query of its address', () => {
    expect(embedOf('')).toBeUndefined();
    expect(embedOf('?embed=grid,density&hide=words,train&run=1')).toEqual({
      pictures: ['density', 'grid'],
      hide: ['words', 'train'],
      isRunning: true,
    });
    expect(embedOf('?embed=nothing')).toEqual({ pictures: ['density'], hide: [], isRunning: false });
  });

  it('has code with the settings of its link', () => {
    expect(embedCode('https://example.org/flow/?embed=grid#v=1&data=moons')).toMatch(
      /^<iframe src="https:\/\/example\.org\/flow\/\?embed=density,layers&amp;run=1#v=1&amp;data=moons" title=".+<\/iframe>$/,
    );
  });
});
