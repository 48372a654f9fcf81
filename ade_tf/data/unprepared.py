"""Sources of images that are to be prepared, in parts that are worked on apart."""

import dataclasses

import PIL

from ade_tf.config.data import PreparationOptions
from ade_tf.data.decoding import channels_of_file, decode_image
from ade_tf.data.file_sets import ARCHIVES, FileSet, find_file_set
from ade_tf.data.images import wanted_size
from ade_tf.data.labels import number_classes
from ade_tf.data.papers import open_paper_set
from ade_tf.data.registry import check_split, load_source
from ade_tf.data.shards import ArrayPart, FilePart, StreamedPart
from ade_tf.data.source import LoadOptions
from ade_tf.data.splits import Split
from ade_tf.data.stored import StoredImages
from ade_tf.data.tfds import TfdsImages
from ade_tf.files import expanded
from ade_tf.progress import Passes

__all__ = ["ArraySource", "FileSource", "StreamedSource", "open_source"]

_SCANNED = 2000
# Sources that are read in order, whatever their size.
_STREAMED = {"papers": open_paper_set, "tfds": TfdsImages}


def open_source(options: PreparationOptions):
    """Returns the source of the options: files, arrays, or images that are streamed.

    Raises:
      ValueError: If it cannot be loaded.
    """
    kind, _, path = options.source.partition(":")
    streamed = kind in _STREAMED
    if kind != "folder" and kind not in ARCHIVES and not streamed:
        return ArraySource(options)
    if options.continuous:
        raise ValueError(
            f"`continuous` needs an `npz` source. Received: {options.source!r}"
        )
    if streamed:
        return StreamedSource(_STREAMED[kind](path, _load_options(options)), options)
    return FileSource(find_file_set(kind, path, options.skip_bad_images), options)


def _load_options(options):
    return LoadOptions(
        data_dir=options.data_dir,
        image_size=wanted_size(options.image_size),
        channels=options.channels,
        download=options.download,
        skip_bad_images=options.skip_bad_images,
        levels=options.levels,
    )


def _words_of_arrays(sized, shape):
    """Returns what is done to images that are loaded as arrays, step by step."""
    fitted = "kept at their size"
    if sized:
        fitted = (
            "cropped to the largest central part of the ratio and resized by area to "
            f"{shape[0]}x{shape[1]}"
        )
    return ["loaded as in training", fitted]


def _only_shape(shapes):
    """Returns the one shape of all splits."""
    if len(shapes) > 1:
        raise ValueError(
            "Images of all splits must have one shape unless `image_size` is "
            f"given. Received: {sorted(shapes)}"
        )
    return shapes.pop()


def _stamp_of_file(source):
    """Returns size and time of change of the file that a source reads, if it is one."""
    path = expanded(source.partition(":")[2])
    if not path.is_file():
        return ""
    state = path.stat()
    return f"{state.st_size} bytes of {state.st_mtime_ns}"


class FileSource:
    """Image files as a source of parts.

    Args:
      files: The files.
      options: How they are prepared.
    """

    def __init__(self, files: FileSet, options: PreparationOptions):
        self.stamp, self._files, self._options = files.stamp, files, options
        self.counts = {split: len(part) for split, part in files.files.items()}
        self.levels = options.levels or 256
        self.class_names, self.note = None, ""
        self._size = wanted_size(options.image_size)

    def shape(self, run) -> tuple[int, int, int]:
        """Returns `(H, W, C)` of the images; `run` maps a function in parallel."""
        options, deep = self._options, self.levels > 256
        files = [file for part in self._files.files.values() for file in part]
        channels = options.channels
        if not channels:
            scans = [
                (files[start : start + _SCANNED], deep)
                for start in range(0, len(files), _SCANNED)
            ]
            progress = Passes("headers", unit="files")
            for place, found in enumerate(run(_most_channels, scans), 1):
                channels = max(channels, found)
                progress(min(place * _SCANNED, len(files)), len(files))
        if self._size and channels:
            return *self._size, channels
        for file in files:
            try:
                pixels = decode_image(file, self._size, channels, deep).pixels
            except ValueError:
                if not options.skip_bad_images:
                    raise
            else:
                return pixels.shape
        raise ValueError(
            "A data set must hold at least one image that can be decoded. "
            f"Received: {options.source!r}"
        )

    def part(self, split, first, last, shape) -> FilePart:
        """Returns the files of a split from one place to another."""
        names = self._files.names[split][first:last]
        return FilePart(
            self._files.files[split][first:last],
            [str(name) for name in names],
            self._size,
            self._options.channels,
            tuple(shape),
            self.levels,
            self._options.skip_bad_images,
        )

    def words(self, shape) -> list[str]:
        """Returns what is done to an image, step by step."""
        channels = {1: "grey", 3: "colour"}[shape[-1]]
        fitted = "kept at their size"
        if self._size:
            fitted = (
                "cropped to the largest central part of the ratio and resized by area "
                f"to {shape[0]}x{shape[1]} (JPEG first by its transform)"
            )
        return [
            f"decoded by Pillow {PIL.__version__}",
            "turned upright by their EXIF orientation",
            f"{channels}, without transparency",
            fitted,
        ]


class ArraySource:
    """Images of any other source, as arrays, as a source of parts.

    Args:
      options: Which images, and how they are prepared.
    """

    def __init__(self, options: PreparationOptions):
        load = dataclasses.replace(_load_options(options), in_order=True)
        source, self.levels = load_source(options.source, load, options.continuous)
        self._where, self._load = f"split of {options.source!r}", load
        self._splits = {
            split: self._checked(split, part) for split, part in source.splits.items()
        }
        # Refuses labels that go with no classes before anything is written.
        number_classes(self._splits, source.class_names, options.source)
        self.counts = {split: len(part) for split, part in self._splits.items()}
        self.class_names, self.note = source.class_names, source.note
        self.stamp = _stamp_of_file(options.source)
        self._sized = bool(load.image_size)

    def shape(self, run) -> tuple[int, int, int]:
        """Returns `(H, W, C)` of the images."""
        del run
        firsts = (self._read(split, 0, 1) for split in self._splits)
        return _only_shape({part.images.shape[1:] for part in firsts})

    def part(self, split, first, last, shape) -> ArrayPart:
        """Returns the images of a split from one place to another."""
        del shape
        found = self._read(split, first, last)
        return ArrayPart(found.images, found.labels)

    def _read(self, split, first, last):
        found = self._splits[split]
        labels = None if found.labels is None else found.labels[first:last]
        images = found.images[first:last]
        if isinstance(found.images, StoredImages):
            images = self._checked(split, Split(images, None)).images
        return Split(images, labels)

    def _checked(self, split, part):
        return check_split(part, f"the {split} {self._where}", self.levels, self._load)

    def words(self, shape) -> list[str]:
        """Returns what is done to an image, step by step."""
        return _words_of_arrays(self._sized, shape)


class StreamedSource:
    """TFDS images as a source of parts, each read when it is written.

    Args:
      images: The images.
      options: How they are prepared.
    """

    def __init__(self, images: TfdsImages, options: PreparationOptions):
        self._images, self._options = images, options
        self.stamp, self.note = "", ""
        self.counts, self.class_names = images.counts, images.class_names
        self.levels = options.levels or 256

    def shape(self, run) -> tuple[int, int, int]:
        """Returns `(H, W, C)` of the images."""
        del run
        firsts = (self._images.read(split, 0, 1) for split in self.counts)
        return _only_shape({image.shape for first in firsts for image, _, _ in first})

    def part(self, split, first, last, shape) -> StreamedPart:
        """Returns the images of a split from one place to another."""
        ends = (split, first, last)
        return StreamedPart(self._images, ends, tuple(shape), self.levels)

    def words(self, shape) -> list[str]:
        """Returns what is done to an image, step by step."""
        if self._images.crop:
            top, left, height, width = self._images.crop
            return [
                "loaded as in training",
                f"cropped to the {height}x{width} pixels from row {top} and column "
                f"{left} on and resized by area to {shape[0]}x{shape[1]}",
            ]
        return _words_of_arrays(self._images.sized, shape)


def _most_channels(files, deep):
    """Returns the most channels that any of some files has; 0 if all are bad."""
    most = 0
    for file in files:
        try:
            most = max(most, channels_of_file(file, deep))
        except ValueError:
            continue
    return most
