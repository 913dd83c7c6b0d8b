import { expect, it } from 'vitest';
import { gridOf, listedSettings, product, withSetting } from './settings.ts';

it('makes a grid of the values of several keys, the last one changing fastest', () => {
  const grid = gridOf(['network.headPadding=zeros,replicate', 'network.encoderChannels=[4,8],[8]']);
  expect(grid.map(({ name }) => name)).toEqual([
    'network.headPadding=zeros network.encoderChannels=[4,8]',
    'network.headPadding=zeros network.encoderChannels=[8]',
    'network.headPadding=replicate network.encoderChannels=[4,8]',
    'network.headPadding=replicate network.encoderChannels=[8]',
  ]);
  expect(grid[2]!.values).toEqual({ 'network.headPadding': 'replicate', 'network.encoderChannels': [4, 8] });
});

it('reads a list of settings with keys dotted or nested, and with names', () => {
  const list = listedSettings(
    [{ name: 'small', network: { heads: 2 }, 'training.batchSize': 4 }, { seed2: 1 }],
    'list',
  );
  expect(list).toEqual([
    { name: 'small', values: { 'network.heads': 2, 'training.batchSize': 4 } },
    { name: 'seed2=1', values: { seed2: 1 } },
  ]);
  expect(listedSettings([{}], 'list')).toEqual([{ name: 'as configured', values: {} }]);
  expect(product(list, gridOf(['a=1,2'])).map(({ name }) => name)).toEqual([
    'small a=1',
    'small a=2',
    'seed2=1 a=1',
    'seed2=1 a=2',
  ]);
});

it('puts the values of a setting into a configuration, and leaves it as it is', () => {
  const config = { network: { heads: 4, groups: 8 } };
  const [setting] = gridOf(['network.heads=2']);
  expect(withSetting(config, setting!)).toEqual({ network: { heads: 2, groups: 8 } });
  expect(config.network.heads).toBe(4);
  expect(withSetting({}, { name: '', values: { 'network.name': 'v2', on: '1', empty: null } })).toEqual({
    network: { name: 'v2' },
    on: '1',
    empty: null,
  });
});

it('refuses what cannot be compared, and what says nothing', () => {
  expect(() => gridOf(['seed=0,1'])).toThrow('--vary: seed: give the seeds with --seeds');
  expect(() => gridOf(['data.fold=0,1'])).toThrow('--vary: data.fold: give the number of folds with --folds');
  expect(() => gridOf(['data.test=0.1,0.2'])).toThrow('--vary: data.test: settings are compared on the same images');
  expect(() => gridOf(['data=1'])).toThrow('--vary: data: settings are compared on the same images');
  expect(gridOf(['data.imageSize=[16,16],[32,32]'])).toHaveLength(2);
  expect(() => gridOf(['a'])).toThrow('--vary: must have the form key=value,value, got "a"');
  expect(() => gridOf(['a=1', 'a=2'])).toThrow('--vary: each key is given once, got a twice');
  expect(() => gridOf(['a=1,1'])).toThrow('--vary: settings must differ, got a=1 twice');
  expect(() => gridOf(['a=1,]'])).toThrow('--vary a: not valid YAML');
  expect(() => listedSettings({}, 'list')).toThrow('list: must be a list of settings');
  expect(() => listedSettings([{ a: 1 }, 2], 'list')).toThrow(
    'list: setting 2 must be a mapping of names to values, got 2',
  );
  expect(() => listedSettings([{ name: 1 }], 'list')).toThrow('list: setting 1: name must be a text, got 1');
  expect(() => listedSettings([{ 'a b': 1 }], 'list')).toThrow('list: no setting is called a b');
  expect(() => product(listedSettings([{ a: 1 }], 'list'), gridOf(['a=1']))).toThrow(
    '--vary: a is in the list of settings',
  );
});
