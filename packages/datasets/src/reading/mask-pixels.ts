import { isVolume, measuredChannels, type Scan } from '../scan.ts';
import { pixelCount } from '../slicing/slice-grid.ts';

/** Samples of a mask file, channels interleaved, and what else says where it is drawn. */
export interface MaskPixels {
  data: ArrayLike<number>;
  channels: number;
  /** True when compression has changed the samples. */
  lossy?: boolean | undefined;
  /** Palette indices, one per pixel. */
  indices?: Uint8Array | undefined;
  /** 1 where a pixel is transparent: it is background whatever its colour. */
  hidden?: Uint8Array | undefined;
}

/**
 * The samples of a mask without its opacity. Where its colour is constant its opacity is the mask; else transparent
 * pixels are background. `say` is called with what should be known about that.
 */
export function maskPixels(mask: Scan, say: (text: string) => void = () => {}): MaskPixels {
  const channels = measuredChannels(mask);
  const { lossy, indices } = isVolume(mask) ? {} : mask;
  if (channels === mask.channels) return { data: mask.data, channels, lossy, indices };
  const data = channelsOf(mask, 0, channels);
  const opacity = channelsOf(mask, channels, 1);
  const hidden = Uint8Array.from(opacity, (level) => (level === 0 ? 1 : 0));
  const isPlain = isConstant(data, channels);
  if (isPlain && (opacity[0] === 0 || !isConstant(opacity, 1))) {
    say('its colour is the same everywhere: its opacity is read as the mask');
    return { data: opacity, channels: 1, hidden };
  }
  const plain = { data, channels, lossy, indices };
  if (!hidden.includes(1)) {
    if (!isConstant(opacity, 1)) say('its opacity varies, and is not used: no pixel is fully transparent');
    return plain;
  }
  if (!hidden.includes(0)) {
    say('it is transparent everywhere: its colours are read as the mask');
    return plain;
  }
  if (hidden.some((isHidden, i) => isHidden === 1 && !isBlack(data, i * channels, channels)))
    say('its transparent pixels are read as background, whatever their colour');
  return { ...plain, hidden };
}

function channelsOf(scan: Scan, first: number, count: number): Float32Array {
  const out = new Float32Array(pixelCount(scan) * count);
  for (let i = 0; i < out.length / count; i++)
    for (let c = 0; c < count; c++) out[i * count + c] = scan.data[i * scan.channels + first + c]!;
  return out;
}

function isConstant(data: Float32Array, channels: number): boolean {
  return data.every((level, i) => level === data[i % channels]);
}

function isBlack(data: ArrayLike<number>, at: number, channels: number): boolean {
  for (let c = 0; c < channels; c++) if (data[at + c] !== 0) return false;
  return true;
}
