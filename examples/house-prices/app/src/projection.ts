import type { Point } from './api';

const margin = 24;

// projection puts longitudes and latitudes on a sheet of the given width: a
// degree of longitude is shorter than one of latitude by the cosine of the
// latitude, which over one town is as good as constant.
export function projection(points: Point[], width: number) {
  const longitudes = points.map(p => p[0]);
  const latitudes = points.map(p => p[1]);
  const [west, east] = [Math.min(...longitudes), Math.max(...longitudes)];
  const [south, north] = [Math.min(...latitudes), Math.max(...latitudes)];
  const narrow = Math.cos((((south + north) / 2) * Math.PI) / 180);
  const scale = (width - 2 * margin) / ((east - west) * narrow || 1);
  return {
    height: Math.round((north - south) * scale) + 2 * margin || width,
    at: (longitude: number, latitude: number): [number, number] => [
      margin + (longitude - west) * narrow * scale,
      margin + (north - latitude) * scale,
    ],
  };
}
