/** Draws a decoded picture the way a player would: turned by its rotation, stretched to the rectangle it is given. */

/** @import { Picture } from "../sources/frame_source.js" */

/** @typedef {{x: number, y: number, width: number, height: number}} Rect */

/**
 * The size at which a picture looks right, in pixels of the larger of its sides' scale: SAR makes it wider or higher,
 * never smaller, so that no decoded pixel is lost.
 * @param {Picture} picture
 * @returns {{width: number, height: number}}
 */
export function displaySize({ width, height, sampleAspectRatio: [across, down] }) {
  return across >= down ? { width: (width * across) / down, height } : { width, height: (height * down) / across };
}

/**
 * Draw the whole picture into `rect`, in the coordinates of the context as it is. The rectangle is that of the picture
 * after its rotation; give it the proportions of `displaySize` to have pixels of the right shape.
 *
 * `picture.image` holds exactly the visible decoded pixels, before rotation, one image pixel a pixel: a VideoFrame's
 * display size is its pixel size here, whatever its SAR, so that source rectangles count decoded pixels.
 * @param {CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D} context
 * @param {Picture} picture
 * @param {Rect} rect
 */
export function drawPicture(context, picture, { x, y, width, height }) {
  const { image, rotation } = picture;
  const turned = rotation % 180 !== 0;
  const [sourceWidth, sourceHeight] = turned ? [picture.height, picture.width] : [picture.width, picture.height];
  if (rotation === 0) {
    context.drawImage(image, 0, 0, sourceWidth, sourceHeight, x, y, width, height);
    return;
  }
  const [across, down] = turned ? [height, width] : [width, height];
  context.save();
  context.translate(x + width / 2, y + height / 2);
  context.rotate((rotation * Math.PI) / 180);
  context.drawImage(image, 0, 0, sourceWidth, sourceHeight, -across / 2, -down / 2, across, down);
  context.restore();
}
