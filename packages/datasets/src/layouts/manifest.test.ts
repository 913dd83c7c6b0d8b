import { rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSplit } from '../splits/read-split.ts';
import { files, folderWith } from '../temporary-folder.fixture.ts';
import { listManifest } from './manifest.ts';
import { createPathGuard } from './path-guard.ts';

describe('listManifest', () => {
  it('reads CSV with modalities, annotators in lines of their own, strata and parts', async () => {
    const dir = await folderWith({
      ...files('t1/a.nii', 'fl/a.nii', 'm/a1.nii', 'm/a2.nii', 't1/b.nii', 'fl/b.nii', 'm/b.nii'),
      'list.csv':
        '\uFEFFid,patient,image:t1,image:flair,mask,annotator,stratum,split,age\r\n"a, left",P1,t1/a.nii,fl/a.nii,m/a1.nii,Ann,x,train,60\r\n"a, left",P1,t1/a.nii,fl/a.nii,m/a2.nii,Bob,x,train,60\r\nb,P2,t1/b.nii,fl/b.nii,m/b.nii,,y,val,\r\n',
      'classes.json': '{"core": 1, "whole": [1, 2]}',
    });
    const listing = await listManifest(dir);
    expect(listing.problems).toEqual([]);
    expect(listing.cases).toEqual([
      {
        id: 'a, left',
        patient: 'P1',
        images: [join(dir, 't1/a.nii'), join(dir, 'fl/a.nii')],
        masks: [
          { path: join(dir, 'm/a1.nii'), annotator: 'Ann' },
          { path: join(dir, 'm/a2.nii'), annotator: 'Bob' },
        ],
        stratum: 'x',
        classes: listing.classes,
      },
      expect.objectContaining({ id: 'b', masks: [{ path: join(dir, 'm/b.nii') }], stratum: 'y' }),
    ]);
    expect(listing.classes).toEqual({ names: ['core', 'whole'], values: [[1], [1, 2]], exclusive: false });
    expect(listing.split).toEqual({ validationPatients: ['P2'], testPatients: [] });
    expect(await listManifest(join(dir, 'list.csv'))).toEqual(listing);
    await rename(join(dir, 'list.csv'), join(dir, 'manifest.csv'));
    expect(await listManifest(dir)).toEqual(listing);
  });

  it('reads the same from JSON', async () => {
    const dir = await folderWith({
      ...files('a.png', 'b.png', 'm1.png', 'm2.png'),
      'list.json': JSON.stringify({
        cases: [{ id: 1, image: { t1: 'a.png', t2: 'b.png' }, mask: { Ann: 'm1.png', Bob: 'm2.png' } }],
      }),
    });
    const { cases } = await listManifest(dir);
    expect(cases).toEqual([
      {
        id: '1',
        patient: '1',
        images: [join(dir, 'a.png'), join(dir, 'b.png')],
        masks: [
          { path: join(dir, 'm1.png'), annotator: 'Ann' },
          { path: join(dir, 'm2.png'), annotator: 'Bob' },
        ],
      },
    ]);
  });

  it('names each line that cannot be used and keeps the others', async () => {
    const lines = [
      'ok,a.png,a.png,',
      ',a.png,a.png,',
      'x,a.png,,',
      'y,no.png,a.png,',
      'ok,a.png,a.png,',
      'z,a.png,a.png,maybe',
      'w,a.png,a.png,constructor',
      '../../etc,a.png,a.png,',
    ];
    const dir = await folderWith({ ...files('a.png'), 'list.csv': `id,image,mask,split\n${lines.join('\n')}` });
    const { cases, problems } = await listManifest(dir);
    expect(cases.map((c) => c.id)).toEqual(['ok']);
    expect(problems.map((p) => p.rule)).toEqual([
      'a case must have an id, got none in line 3',
      'a case must have an image and a mask, got none for x in line 4',
      'the file must exist, found no "no.png" in line 5',
      'masks of one id must have an annotator each, got ok twice in line 6',
      'split must be train, validation or test, got "maybe" in line 7',
      'split must be train, validation or test, got "constructor" in line 8',
      'an id must do as a file name, got "../../etc" in line 9',
    ]);
  });

  it.each([
    ['list.csv', 'id,image\n"a,b', 'a list must be CSV: '],
    ['list.csv', 'id,id\na,b', 'a list must have a column once, got "id" twice'],
    ['list.csv', 'id,image\na,b,c', 'a line must have 2 values, got 3 in line 2'],
    ['list.json', '{"a": [], "b": []}', 'got 2 arrays'],
    ['list.json', 'nope', 'must be JSON'],
    ['list.json', '{"__proto__": 1}', 'got 0 arrays'],
  ])('refuses %s with %s', async (name, text, rule) => {
    const dir = await folderWith({ [name]: text });
    await expect(listManifest(dir)).rejects.toThrow(`${join(dir, name)}: `);
    await expect(listManifest(dir)).rejects.toThrow(rule);
  });
});

describe('createPathGuard', () => {
  it('lets no name and no link lead out of the folder', async () => {
    const outside = await folderWith(files('secret.png'));
    const dir = await folderWith(files('in/a.png', 'b.png'));
    await symlink(join(outside, 'secret.png'), join(dir, 'in', 'link.png'));
    await symlink(outside, join(dir, 'door'));
    await symlink(join(dir, 'b.png'), join(dir, 'in', 'friend.png'));
    const guard = createPathGuard(dir);
    for (const name of [
      '../secret.png',
      'in/../../secret.png',
      join(outside, 'secret.png'),
      '/etc/passwd',
      'C:\\secret.png',
      '\\\\host\\secret.png',
      'in/link.png',
      'door/secret.png',
      'in/a.png\0',
      'in',
      '',
      '.',
      '..',
    ]) {
      // A folder is no way out, and reading it is an error of its own.
      const found = await guard(name);
      if (name !== 'in') expect(found, name).toHaveProperty('rule');
    }
    for (const name of ['in/a.png', './b.png', 'in/../b.png', 'in/friend.png'])
      expect(await guard(name), name).toHaveProperty('path');
  });
});

describe('readSplit', () => {
  it('reads validation_ids.json of the Decathlon and split.csv', async () => {
    const ids = await folderWith({ 'validation_ids.json': '["a", "b"]' });
    expect(await readSplit(ids)).toEqual({
      validationPatients: ['a', 'b'],
      source: join(ids, 'validation_ids.json'),
    });
    const csv = await folderWith({ 'split.csv': 'patient,split\na,validation\nb,test\nc,train\n' });
    expect(await readSplit(csv)).toEqual({
      validationPatients: ['a'],
      testPatients: ['b'],
      trainPatients: ['c'],
      source: join(csv, 'split.csv'),
    });
    const wrong = await folderWith({ 'split.csv': 'patient,split\na,constructor\n' });
    await expect(readSplit(wrong)).rejects.toThrow('got "constructor" in line 2');
    await expect(readSplit(await folderWith({ 'validation_ids.json': '{}' }))).rejects.toThrow(
      'must be a list of names',
    );
  });
});
