"""Layers for images: a convolution is the same dense layer on every patch of an image."""

from math import prod
from types import MappingProxyType

import numpy as np

from lecture_utils._validation import as_finite_array, as_tuple, require_batch, require_count
from lecture_utils.initializers import initial_weights


class Reshape:
    """Rows of numbers become arrays of one shape, such as rows of pixels images.

    Parameters
    ----------
    shape : sequence of int
        Shape of one sample: ``(height, width, channels)`` for an image.

    Attributes
    ----------
    shape : tuple of int

    Raises
    ------
    ValueError
        If `shape` is empty or a size is below 1.
    TypeError
        If `shape` does not hold whole numbers.
    """

    params = MappingProxyType({})
    settings = ("shape",)
    n_axes = 1  # of one sample

    def __init__(self, shape):
        self.shape = as_tuple("shape", shape)
        if not self.shape:
            raise ValueError("shape must hold at least one size, got ()")
        for i, size in enumerate(self.shape):
            require_count(f"shape[{i}]", size)

    @property
    def n_in(self):
        """Number of inputs."""
        return prod(self.shape)

    def forward(self, x):
        """Return the arrays, and nothing for `backward`.

        Parameters
        ----------
        x : array, shape (n, n_in)

        Returns
        -------
        y : array, shape (n, *shape)
        None

        Raises
        ------
        ValueError
            If `x` has another shape.
        """
        require_batch("x", x, self.n_in)
        return x.reshape(len(x), *self.shape), None

    def backward(self, dy, _):
        """Return `∂J/∂x`, shape (n, n_in), and no parameter gradients."""
        return dy.reshape(len(dy), self.n_in), {}

    def __repr__(self):
        return f"Reshape({self.shape})"


class Flatten:
    """Arrays become rows of numbers, for a dense layer to follow."""

    params = MappingProxyType({})

    def forward(self, x):
        """Return the rows and what `backward` needs, which is the shape of `x`.

        Parameters
        ----------
        x : array, shape (n, ...)

        Returns
        -------
        y : array, shape (n, n_out)
            The last axis of `x` runs fastest.
        shape : tuple of int
        """
        return x.reshape(len(x), prod(x.shape[1:])), x.shape

    def backward(self, dy, shape):
        """Return `∂J/∂x`, in the shape of `x`, and no parameter gradients."""
        return dy.reshape(shape), {}

    def __repr__(self):
        return "Flatten()"


class Conv2D:
    """A convolution of images without its activation: one dense layer, used on every patch.

    The patch at row `r`, column `c` of the output is as large as the kernel, starts at row
    `r · stride`, column `c · stride` of the padded image and gives `y_rc = Σ W ⊙ patch + b`.
    Like other libraries, and unlike mathematics, it does not flip the kernel: the formula is that
    of a cross-correlation. As the weights are learnt, it makes no difference.

    Parameters
    ----------
    W : array, shape (kernel height, kernel width, n_in, n_out)
        Weights; ``W[..., k]`` is the kernel of neuron `k`, which makes channel `k` of the output.
        Copied.
    b : array, shape (n_out,), optional
        Biases. Copied. Without it the layer has no bias.
    stride : int
        Pixels from one patch to the next, down and to the right. Pixels at the bottom and right
        edge that don't fill a patch are not seen.
    padding : int
        Pixels of zeros around the image, on each side.

    Attributes
    ----------
    params : dict
        The parameters by name: ``{"W": W, "b": b}``, or only ``"W"`` without bias.
    stride, padding : int

    Raises
    ------
    ValueError
        If a shape is wrong, a weight or bias is not finite, `stride` is below 1 or `padding` is
        below 0.
    TypeError
        If `W` or `b` does not hold numbers, or `stride` or `padding` is no whole number.

    References
    ----------
    LeCun et al. (1989), Backpropagation applied to handwritten zip code recognition. Dumoulin and
    Visin (2016), A guide to convolution arithmetic for deep learning.
    """

    settings = ("stride", "padding")
    n_axes = 3  # of one sample: height, width and channels

    def __init__(self, W, b=None, *, stride=1, padding=0):
        W = as_finite_array("W", W)
        if W.ndim != 4:
            raise ValueError(
                f"W must have shape (kernel height, kernel width, n_in, n_out), got {W.shape}"
            )
        self.params = {"W": W.copy()}
        if b is not None:
            b = as_finite_array("b", b)
            if b.shape != W.shape[3:]:
                raise ValueError(
                    f"b must have shape {W.shape[3:]}, one bias an output channel, got {b.shape}"
                )
            self.params["b"] = b.copy()
        require_count("stride", stride)
        require_count("padding", padding, least=0)
        self.stride, self.padding = stride, padding

    @classmethod
    def random(cls, size, n_in, n_out, *, stride=1, padding=0, bias=True, init="xavier", rng):
        """Return a layer with random weights and biases of zero.

        Parameters
        ----------
        size : int
            Height and width of the kernel.
        n_in, n_out : int
            Number of channels of the input and of the output.
        stride, padding : int
        bias : bool
        init : str
            How the weights are drawn, as for `initial_weights`; the fan-in is the number of
            weights of one neuron, the fan-out the number of weights that one input meets.
        rng : numpy.random.Generator
        """
        for name, value in (("size", size), ("n_in", n_in), ("n_out", n_out)):
            require_count(name, value)
        W = initial_weights(
            (size, size, n_in, n_out),
            fan_in=size * size * n_in, fan_out=size * size * n_out, init=init, rng=rng,
        )
        return cls(W, np.zeros(n_out) if bias else None, stride=stride, padding=padding)

    @property
    def n_in(self):
        """Number of channels of the input."""
        return self.params["W"].shape[2]

    @property
    def n_out(self):
        """Number of neurons, and so of channels of the output."""
        return self.params["W"].shape[3]

    def forward(self, x):
        """Return the output and what `backward` needs.

        Parameters
        ----------
        x : array, shape (n, height, width, n_in)
            A batch of `n` images.

        Returns
        -------
        y : array, shape (n, (height + 2 padding − kernel height) // stride + 1, ..., n_out)
        cache : tuple of the patches, one per row, and the shape of `x`
            Where kernels overlap, the patches hold each pixel several times.

        Raises
        ------
        ValueError
            If `x` has another shape, or the padded image is smaller than the kernel.
        """
        self._require_images(x)
        W = self.params["W"]
        seen = _by_place(self._padded(x), W.shape[:2], self.stride)
        out = seen[0, 0].shape[:3]  # n, height and width of the output: one patch each
        patches = np.empty((*out, *W.shape[:3]), x.dtype)
        for (i, j), pixels in seen.items():
            patches[:, :, :, i, j] = pixels
        patches = patches.reshape(prod(out), prod(W.shape[:3]))
        y = patches @ W.reshape(-1, self.n_out)  # one dense layer for all patches
        if "b" in self.params:
            y += self.params["b"]  # (n_out,) is added to every row
        return y.reshape(*out, self.n_out), (patches, x.shape)

    def backward(self, dy, cache):
        """Return the gradient of the input and the gradients of the parameters.

        Parameters
        ----------
        dy : array, shape of `y`
            `∂J/∂y`.
        cache : tuple
            What `forward` handed over.

        Returns
        -------
        dx : array, shape (n, height, width, n_in)
            `∂J/∂x`.
        grads : dict
            `∂J/∂W` and `∂J/∂b` by name, each of its parameter's shape.
        """
        _, shape = cache
        W_T = self.params["W"].transpose(0, 1, 3, 2).copy()  # a copy is faster to multiply by
        rows = dy.reshape(-1, self.n_out)  # one per patch
        dx = self._padded(np.zeros(shape, dy.dtype))
        # Each entry of the kernel saw one pixel of each patch, and gives it its share back.
        for place, pixels in _by_place(dx, W_T.shape[:2], self.stride).items():
            pixels += (rows @ W_T[place]).reshape(pixels.shape)
        return self._without_padding(dx), self.parameter_gradients(dy, cache)

    def parameter_gradients(self, dy, cache):
        """Return the gradients of the parameters alone; arguments as for `backward`."""
        patches, _ = cache
        rows = dy.reshape(-1, self.n_out)  # one per patch
        grads = {"W": (patches.T @ rows).reshape(self.params["W"].shape)}
        if "b" in self.params:
            grads["b"] = rows.sum(axis=0)
        return grads

    def _require_images(self, x):
        shape = np.shape(x)
        if len(shape) != 4 or shape[3] != self.n_in:
            raise ValueError(f"x must have shape (n, height, width, {self.n_in}), got {shape}")
        kernel, p = self.params["W"].shape[:2], self.padding
        if shape[1] + 2 * p < kernel[0] or shape[2] + 2 * p < kernel[1]:
            raise ValueError(
                f"x must be at least as large as the kernel of {kernel[0]}x{kernel[1]} pixels, "
                f"got {shape[1]}x{shape[2]} with a padding of {p}"
            )

    def _padded(self, x):
        n, height, width, n_in = x.shape
        p = self.padding
        padded = np.zeros((n, height + 2 * p, width + 2 * p, n_in), x.dtype)
        self._without_padding(padded)[...] = x
        return padded

    def _without_padding(self, x):
        _, height, width, _ = x.shape
        p = self.padding
        return x[:, p : height - p, p : width - p]

    def __repr__(self):
        height, width, n_in, n_out = self.params["W"].shape
        text = f"{height}x{width}, {n_in}, {n_out}"
        if self.stride != 1:
            text += f", stride {self.stride}"
        if self.padding != 0:
            text += f", padding {self.padding}"
        return f"Conv2D({text}{'' if 'b' in self.params else ', no bias'})"


class MaxPool2D:
    """The largest number of each window of an image, each channel by itself.

    The windows do not overlap. Pixels at the bottom and right edge that don't fill a window are
    dropped.

    Parameters
    ----------
    size : int
        Height and width of a window.

    Attributes
    ----------
    size : int

    Raises
    ------
    ValueError
        If `size` is below 1.
    TypeError
        If `size` is no whole number.
    """

    params = MappingProxyType({})
    settings = ("size",)
    n_axes = 3

    def __init__(self, size):
        require_count("size", size)
        self.size = size

    def forward(self, x):
        """Return the output and what `backward` needs.

        Parameters
        ----------
        x : array, shape (n, height, width, n_in)
            A batch of `n` images.

        Returns
        -------
        y : array, shape (n, height // size, width // size, n_in)
        cache : tuple of `x` and `y`

        Raises
        ------
        ValueError
            If `x` has another shape, or an image is smaller than a window.
        """
        shape = np.shape(x)
        if len(shape) != 4 or min(shape[1:3]) < self.size:
            raise ValueError(
                "x must have shape (n, height, width, n_in) with height and width of at least "
                f"{self.size}, got {shape}"
            )
        y = np.maximum.reduce([*self._by_place(x)])
        return y, (x, y)

    def backward(self, dy, cache):
        """Return `∂J/∂x` and no parameter gradients.

        The largest number of a window gets all of its gradient, the others none. Of equal ones it
        is the first, row by row: there is no derivative, and PyTorch decides so, too.

        Parameters
        ----------
        dy : array, shape of `y`
            `∂J/∂y`.
        cache : tuple
            What `forward` handed over.
        """
        x, y = cache
        dx = np.zeros(x.shape, dy.dtype)
        not_found = np.ones(y.shape, bool)
        for pixels, shares in zip(self._by_place(x), self._by_place(dx)):
            is_largest = not_found & (pixels == y)
            shares[...] = dy * is_largest
            not_found ^= is_largest
        return dx, {}

    def _by_place(self, x):
        return _by_place(x, (self.size, self.size), self.size).values()

    def __repr__(self):
        return f"MaxPool2D({self.size})"


def _by_place(x, size, stride):
    """Return views of images by place (i, j) in a window: that pixel of each of the windows.

    A loop over the places is short, while one over the windows would be long.
    """
    rows, columns = ((x.shape[axis + 1] - size[axis]) // stride + 1 for axis in (0, 1))
    return {
        (i, j): x[:, i : i + stride * rows : stride, j : j + stride * columns : stride]
        for i, j in np.ndindex(*size)
    }
