import { describe, expect, it } from 'vitest';
import { decodeVolume } from '../decode-volume.ts';
import { fromBase64 } from '../files/small-files.fixture.ts';
import { FormatError } from '../format-error.ts';
import { dicomSyntaxes } from './syntaxes.fixture.ts';

/** A file with the 128 free bytes before it. */
const fileOf = (base64: string): Uint8Array => {
  const rest = fromBase64(base64);
  const bytes = new Uint8Array(128 + rest.length);
  bytes.set(rest, 128);
  return bytes;
};
const named = (name: string): Uint8Array => fileOf(dicomSyntaxes.find((file) => file.name === name)!.base64);

describe('DICOM as others write it', () => {
  it.each(dicomSyntaxes)('$name', async ({ base64, values, channels }) => {
    const volume = await decodeVolume(fileOf(base64));
    expect(volume).toMatchObject({ size: [9, 6, 1], channels });
    expect([...volume.data]).toEqual(values);
  });

  it('names the limit that a deflated file breaks', async () => {
    await expect(decodeVolume(named('Deflated'), 'a.dcm', { maxBytes: 200 })).rejects.toThrow(
      'a.dcm: the deflated DICOM file holds over 200 bytes, the limit maxBytes',
    );
  });

  it.each(dicomSyntaxes.filter(({ name }) => /JPEG|RLE/.test(name)))(
    'refuses $name cut off in its pixels',
    async ({ base64 }) => {
      const bytes = fileOf(base64);
      const text = Buffer.from(bytes).toString('latin1');
      const pixels = text.lastIndexOf('\xfe\xff\x00\xe0') + 8;
      // The second half of the compressed pixels is lost; the file around them is whole.
      bytes.fill(0, pixels + Math.floor((bytes.length - 8 - pixels) / 2), bytes.length - 8);
      const read = await decodeVolume(bytes, 'a.dcm').catch((error: unknown) => error);
      if (read instanceof Error) expect(read).toBeInstanceOf(FormatError);
      else expect((read as { size: number[] }).size).toEqual([9, 6, 1]);
    },
  );

  it('refuses a frame of another size before it is decoded', async () => {
    const bytes = named('JPEG 2000 Lossless');
    const at = Buffer.from(bytes).indexOf(Buffer.from([0xff, 0x4f, 0xff, 0x51]));
    new DataView(bytes.buffer).setUint32(at + 8, 60000);
    await expect(decodeVolume(bytes, 'a.dcm')).rejects.toThrow(
      "a.dcm: a JPEG 2000 frame must have the file's 9x6 pixels of 1 channels, got 60000x6 of 1",
    );
  });
});
