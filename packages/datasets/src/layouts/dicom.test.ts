import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { lacksShared, sharedPath } from '@medseg/test-support/shared-folder';
import { afterAll, describe, expect, it } from 'vitest';
import { listDicom } from './dicom.ts';
import { dicomKind } from './dicom-kind.ts';

const folder = mkdtempSync(join(tmpdir(), 'medseg-dicom-'));
afterAll(() => rmSync(folder, { recursive: true }));

const CLASS = '1.2.840.10008.5.1.4.1.1.';
const CT = `${CLASS}2`;
const SEG = `${CLASS}66.4`;

const element = (tag: string, uid: string): string => `${tag}UI${String.fromCharCode(uid.length)}\0${uid}`;
/** The head of a file with its class in the file meta information. */
const marked = (uid: string): string => `${'\0'.repeat(128)}DICM${element('\x02\0\x02\0', uid)}`;

function put(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? Buffer.from(content, 'latin1') : content);
  return path;
}

describe('dicomKind', () => {
  it.each([
    ['a CT image', CT, 'image'],
    ['an ultrasound image', `${CLASS}6.1`, 'image'],
    ['a slide', `${CLASS}77.1.6`, 'image'],
    ['an image for radiotherapy', `${CLASS}481.1`, 'image'],
    ['a SEG', SEG, 'segmentation'],
    ['a label map', `${CLASS}66.7`, 'segmentation'],
    ['raw data', `${CLASS}66`, 'other'],
    ['a registration', `${CLASS}66.1`, 'other'],
    ['an RTSTRUCT', `${CLASS}481.3`, 'other'],
    ['a dose', `${CLASS}481.2`, 'other'],
    ['a report', `${CLASS}88.33`, 'other'],
    ['a presentation state', `${CLASS}11.1`, 'other'],
    ['a PDF', `${CLASS}104.1`, 'other'],
    ['a DICOMDIR', '1.2.840.10008.1.3.10', 'other'],
  ])('tells %s by its class', async (_, uid, kind) => {
    expect(await dicomKind(put('one', marked(uid)))).toBe(kind);
  });

  it('reads the class of a SEG, not of what it refers to', async () => {
    const own = marked(SEG);
    expect(await dicomKind(put('one', own + element('\x08\0\x50\x11', CT)))).toBe('segmentation');
  });

  it('knows what is no DICOM file', async () => {
    expect(await dicomKind(put('notes', 'no images in here'))).toBeUndefined();
    expect(await dicomKind(put('empty', ''))).toBeUndefined();
  });
});

describe('listDicom', () => {
  it('takes files named by UIDs, and leaves out what lies beside a series', async () => {
    for (const n of [0, 1]) put(`uids/p1/ct/CT.1.2.840.113619.2.55.${n}`, marked(CT));
    put('uids/p1/DICOMDIR', marked('1.2.840.10008.1.3.10'));
    put('uids/p1/plan/1.dcm', marked(`${CLASS}481.3`));
    put('uids/p1/seg/1.dcm', marked(`${CLASS}66.7`));
    const { cases } = await listDicom(join(folder, 'uids'), {
      classes: { names: ['a'], values: [[1]], exclusive: true },
    });
    expect(cases).toMatchObject([
      {
        id: 'p1',
        images: [join(folder, 'uids/p1/ct')],
        masks: [{ path: join(folder, 'uids/p1/seg/1.dcm') }],
      },
    ]);
  });

  it.skipIf(lacksShared('cases')).each(['uid', 'num', 'lab', 'rt', 'dir'])('lists the case of %s', async (name) => {
    const { cases, problems, classes } = await listDicom(sharedPath('cases', 'dicom-layout', name));
    expect(problems).toEqual([]);
    expect(cases).toMatchObject([{ id: 'p1', images: [sharedPath('cases', 'dicom-layout', name, 'p1', 'ct')] }]);
    expect(classes?.names).toEqual(['Liver']);
  });
});
