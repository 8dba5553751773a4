"""The Demucs networks as the skeletons need them: same sums, in forms that convert.

Needs torch and demucs-infer; see build_skeletons.py. Every rewrite here and in skeleton_layers.py
is exact (tests/parity holds the results against the networks as they are published).
"""

from __future__ import annotations

import types
from fractions import Fraction
from typing import Any

import skeleton_layers
import torch
from demucs_infer.hdemucs import HDemucs
from demucs_infer.htdemucs import HTDemucs
from torch import Tensor, nn
from torch.nn import functional

FOUR = ["drums", "bass", "other", "vocals"]
SIX = [*FOUR, "guitar", "piano"]

# The arguments of the published checkpoints that differ from the classes' defaults.
HTDEMUCS: dict[str, Any] = {
    "segment": Fraction(39, 5),
    "samplerate": 44100,
    "bottom_channels": 512,
    "depth": 4,
    "t_layers": 5,
    "t_hidden_scale": 4.0,
    "t_heads": 8,
    "dconv_mode": 3,
    "dconv_comp": 8,
    "cac": True,
}
HDEMUCS: dict[str, Any] = {"samplerate": 44100, "segment": 44, "cac": True, "hybrid": True}


def make(name: str, seed: int = 0) -> nn.Module:
    """Return a network with random weights in which no branch is near zero."""
    torch.manual_seed(seed)
    network = {
        "htdemucs": lambda: HTDemucs(sources=FOUR, **HTDEMUCS),
        "htdemucs_6s": lambda: HTDemucs(sources=SIX, **HTDEMUCS | {"bottom_channels": 0}),
        "hdemucs": lambda: HDemucs(sources=FOUR, **HDEMUCS),
        "hdemucs_old": lambda: HDemucs(sources=FOUR, **HDEMUCS, hybrid_old=True),
    }[name]()
    # New networks scale their residual branches by 1e-4: an error in one would not be seen.
    chance = torch.Generator().manual_seed(seed + 1)
    with torch.no_grad():
        for key, parameter in network.named_parameters():
            if parameter.dim() == 1 and ("scale" in key or "gamma" in key):
                parameter.copy_(0.3 + 0.4 * torch.rand(parameter.shape, generator=chance))
    return network.eval()


class HTDemucsCore(nn.Module):
    """HTDemucs between STFT and inverse STFT, for one segment."""

    def __init__(self, network: HTDemucs) -> None:
        super().__init__()
        self.network = network
        _keep_layout(network)
        for module in network.modules():
            if type(module).__name__ == "MyGroupNorm":
                module.forward = types.MethodType(skeleton_layers.group_norm, module)
            if isinstance(module, nn.MultiheadAttention):
                module.forward = types.MethodType(_attention, module)
            if isinstance(module, nn.TransformerEncoderLayer):
                module.activation_relu_or_gelu = 0  # the fused path cannot be traced

    def forward(self, x: Tensor, xt: Tensor) -> tuple[Tensor, Tensor]:
        """Take normalised spectra ``(1, 4, 2048, T)`` and samples ``(1, 2, L)`` to the stems'."""
        net = self.network
        saved, saved_t, lengths, lengths_t = [], [], [], []
        for index, encode in enumerate(net.encoder):
            lengths.append(x.shape[-1])
            lengths_t.append(xt.shape[-1])
            xt = net.tencoder[index](xt)
            saved_t.append(xt)
            x = encode(x, None)
            if index == 0:
                x = x + _frequency_embedding(net)
            saved.append(x)
        if net.bottom_channels:
            x, xt = _on_frames(net.channel_upsampler, x), net.channel_upsampler_t(xt)
        x, xt = net.crosstransformer(x, xt)
        if net.bottom_channels:
            x, xt = _on_frames(net.channel_downsampler, x), net.channel_downsampler_t(xt)
        for index, decode in enumerate(net.decoder):
            x, _ = decode(x, saved.pop(), lengths.pop())
            xt, _ = net.tdecoder[index](xt, saved_t.pop(), lengths_t.pop())
        return x, xt


class HDemucsCore(nn.Module):
    """HDemucs between STFT and inverse STFT, for a segment of any length."""

    def __init__(self, network: HDemucs) -> None:
        super().__init__()
        self.network = network
        _keep_layout(network)
        last = network.tdecoder[-1].conv_tr
        last.forward = types.MethodType(_transposed_by_shuffle, last)
        for encode in [*network.tencoder, *network.encoder]:
            if not encode.freq:
                encode.conv.forward = types.MethodType(_padded_convolution, encode.conv)
                encode.stride = 1  # its own padding, which asks for the length, does nothing now
        for module in network.modules():
            if type(module).__name__ == "LocalState":
                module.forward = types.MethodType(_local_attention, module)
            if type(module).__name__ == "BLSTM":
                module.forward = types.MethodType(_framed_lstm, module)

    def forward(self, x: Tensor, xt: Tensor) -> tuple[Tensor, Tensor]:
        """Take normalised spectra ``(1, 4, 2048, T)`` and samples ``(1, 2, L)`` to the stems'."""
        net = self.network
        saved, saved_t, lengths, lengths_t = [], [], [], []
        for index, encode in enumerate(net.encoder):
            lengths.append(x.shape[-1])
            inject = None
            if index < len(net.tencoder):
                lengths_t.append(xt.shape[-1])
                xt = net.tencoder[index](xt)
                if net.tencoder[index].empty:
                    inject = xt
                else:
                    saved_t.append(xt)
            x = encode(x, inject)
            if index == 0:
                x = x + _frequency_embedding(net)
            saved.append(x)
        x = torch.zeros(1, 1, 1)  # the first decoder sees only its skip
        first = net.depth - len(net.tdecoder)
        for index, decode in enumerate(net.decoder):
            x, before = decode(x, saved.pop(), lengths.pop())
            if index < first:
                continue
            decode_t, length_t = net.tdecoder[index - first], lengths_t.pop()
            if decode_t.empty:
                xt, _ = decode_t(before[:, :, 0], None, length_t)
            else:
                xt, _ = decode_t(xt, saved_t.pop(), length_t)
        return x, xt


def _keep_layout(network: Any) -> None:
    for encode in [*network.encoder, *network.tencoder]:
        encode.forward = types.MethodType(skeleton_layers.encode, encode)
    for decode in [*network.decoder, *network.tdecoder]:
        decode.forward = types.MethodType(skeleton_layers.decode, decode)


def _frequency_embedding(network: Any) -> Tensor:
    return network.freq_emb_scale * network.freq_emb.weight.t()[None, :, :, None]


def _on_frames(convolution: Any, x: Tensor) -> Tensor:
    batch, channels, bins, frames = x.shape
    return convolution(x.reshape(batch, channels, bins * frames)).reshape(batch, -1, bins, frames)


def _attention(
    self: Any, query: Tensor, key: Tensor, value: Tensor, **_: Any
) -> tuple[Tensor, None]:
    """Multi-head attention by the scaled dot product, which OpenVINO knows as one operation."""
    size = self.embed_dim
    in_w, in_b = self.in_proj_weight, self.in_proj_bias

    def heads(x: Tensor, part: int) -> Tensor:
        rows = slice(part * size, (part + 1) * size)
        y = functional.linear(x, in_w[rows], in_b[rows])
        return y.view(*y.shape[:2], self.num_heads, -1).transpose(1, 2)

    mixed = functional.scaled_dot_product_attention(heads(query, 0), heads(key, 1), heads(value, 2))
    flat = mixed.transpose(1, 2).reshape(query.shape)
    return functional.linear(flat, self.out_proj.weight, self.out_proj.bias), None


def _padded_convolution(self: Any, x: Tensor) -> Tensor:
    """Convolve to ``ceil(length / stride)`` steps, whatever the length: no question is asked."""
    (pad,), (stride,) = self.padding, self.stride
    padded = functional.pad(x, (pad, pad + stride - 1))
    return functional.conv1d(padded, self.weight, self.bias, stride)


def _transposed_by_shuffle(self: Any, x: Tensor) -> Tensor:
    """Transposed convolution (kernel = 2 strides) as a convolution and an interleaving.

    OpenVINO's CPU plugin needs 40 s to compile the direct form at this size.
    """
    (stride,) = self.stride
    taken, made, kernel = self.weight.shape
    assert kernel == 2 * stride
    halves = self.weight.view(taken, made, 2, stride)
    swapped = torch.stack([halves[:, :, 1], halves[:, :, 0]], -1)
    weight = swapped.permute(1, 2, 0, 3).reshape(made * stride, taken, 2)
    y = functional.conv1d(x, weight, padding=1)
    y = y.view(1, made, stride, -1).transpose(2, 3).reshape(1, made, -1)
    return y + self.bias[:, None]


def _local_attention(self: Any, x: Tensor) -> Tensor:
    """Attention with a decay over distance; the sum over decays is one weight per query."""
    assert not self.nfreqs
    channels, length = x.shape[1:]
    size = channels // self.heads

    def heads(y: Tensor) -> Tensor:
        return y.view(1, self.heads, -1, length)

    place = torch.cumsum(torch.ones_like(x[0, 0]), 0)
    distance = (place[:, None] - place[None, :]).abs()
    decay = torch.sigmoid(heads(self.query_decay(x))) * 0.5
    rates = torch.arange(1, self.ndecay + 1, dtype=x.dtype).view(1, 1, -1, 1)
    slope = (decay * rates).sum(2, keepdim=True) / self.ndecay**0.5
    scores = torch.matmul(heads(self.query(x)).transpose(2, 3), heads(self.key(x)))
    scores = scores / int(size) ** 0.5 - distance * slope.transpose(2, 3)
    scores = torch.where(distance == 0, torch.full((), -100.0), scores)
    content = heads(self.content(x)).transpose(2, 3)
    mixed = torch.matmul(torch.softmax(scores, -1), content)
    return x + self.proj(mixed.transpose(2, 3).reshape(1, -1, length))


def _framed_lstm(self: Any, x: Tensor) -> Tensor:
    """LSTM over half-overlapping frames when the input is longer than one, as published.

    Whether it is framed is settled when it is traced: hence several HDemucs skeletons.
    """
    channels, length = x.shape[1:]
    width = self.max_steps
    is_framed = int(length) > width
    y = _frames(x, width) if is_framed else x
    y = self.linear(self.lstm(y.permute(2, 0, 1))[0]).permute(1, 2, 0)
    if is_framed:
        quarter = width // 4
        middle = y[..., quarter:-quarter].permute(1, 0, 2).reshape(1, channels, -1)
        ends = y[:1, :, :quarter], y[-1:, :, -quarter:]
        y = torch.cat([ends[0], middle, ends[1]], -1)[..., :length]
    return x + y if self.skip else y


def _frames(x: Tensor, width: int) -> Tensor:
    """Return ``(frames, channels, width)``; each starts half a width after the one before."""
    channels, length = x.shape[1:]
    step = width // 2
    count = (length + step - 1) // step
    padded = torch.cat([x, torch.zeros(1, int(channels), width)], -1)[..., : (count + 1) * step]
    halves = padded.view(channels, -1, step).permute(1, 0, 2)
    return torch.cat([halves[:-1], halves[1:]], -1)
