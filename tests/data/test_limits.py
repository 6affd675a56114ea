"""Files that announce more than they hold, or are none: refused before anything is read or taken."""

import contextlib
import gzip
import io
import os
import pickle
import resource
import struct
import tarfile
import tracemalloc
import zipfile
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoreline.data import LoadOptions, load_dataset
from scoreline.data.archives import unpack
from scoreline.data.formats.unpickle import read_pickled_arrays
from scoreline.data.options import no_progress
from scoreline.errors import DataError, UsageError


def header(shape, dtype="|u1"):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": dtype, "fortran_order": False, "shape": shape})
    return stream.getvalue()


@contextmanager
def refused(said=".", kind=DataError):
    """Check that something is refused, and takes no more than some megabytes before that."""
    tracemalloc.start()
    try:
        with pytest.raises(kind, match=said):
            yield
        assert tracemalloc.get_traced_memory()[1] < 2 * 10**7
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", ["d.npy", "d.npz", "d.csv", "d.labels.npy", "data_batch_1", "train.bin"])
def test_a_hole_of_a_terabyte(tmp_path, name):
    beginning = header((2**20, 2**20)) if name.endswith("y") else b"path,label\n"
    if name == "d.labels.npy":
        np.save(tmp_path / "d.npy", np.zeros((2, 2)))
    if name == "data_batch_1":
        (tmp_path / "batches.meta").write_bytes(pickle.dumps({"label_names": ["a", "b"]}))
    np.save(tmp_path / "y.npy", np.zeros(2**20, dtype=np.uint8))
    with (tmp_path / name).open("wb") as file:
        file.write(beginning)
        file.truncate(2**40 + len(beginning))
    entry = "." if "." not in name or name == "train.bin" else name.replace(".labels", "")
    with refused("announces|has 1.1 TB"):
        load_dataset(tmp_path / entry)


@pytest.mark.parametrize("name", ["d.npy", "d.csv", "d.npz"])
def test_a_pipe_is_not_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    with refused("neither a regular file nor a folder"):
        load_dataset(tmp_path / name)


def test_a_pipe_among_the_batches_is_not_waited_for(tmp_path):
    (tmp_path / "data_batch_1.bin").write_bytes(bytes(3073))
    (tmp_path / "batches.meta.txt").write_text("a b")
    os.mkfifo(tmp_path / "data_batch_2.bin")
    with refused("not a regular file"):
        load_dataset(tmp_path)


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((10**12,), "<i8"), ((10**30,), "<i8"), ((-4,), "<i8"), ((10**12,), "<U0"), ((2, 2**62), "|u1")],
)
def test_headers_that_announce_more_than_the_file_has(tmp_path, shape, dtype):
    np.save(tmp_path / "d.npy", np.zeros((2, 2)))
    (tmp_path / "d.labels.npy").write_bytes(header(shape, dtype))
    with refused():
        load_dataset(tmp_path / "d.npy")


def zeros_in_zip(path, member, count):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open(member, "w") as file:
            file.write(header((count // 1024, 1024)))
            for _ in range(count >> 20):
                file.write(bytes(2**20))
        y = io.BytesIO()
        np.save(y, np.arange(count // 1024) % 2)
        archive.writestr("y.npy", y.getvalue())


def test_a_compressed_array_of_zeros(tmp_path):
    zeros_in_zip(tmp_path / "d.npz", "X.npy", 2**26 + 2**20)
    with refused(r"X in .* unpacks from .* kB to 68.2 MB"):
        load_dataset(tmp_path / "d.npz")


def test_a_small_array_of_zeros_may_be_compressed(tmp_path):
    zeros_in_zip(tmp_path / "d.npz", "X.npy", 2**20)
    assert load_dataset(tmp_path / "d.npz", LoadOptions(validation=0)).train.X.shape == (1024, 1024)


def test_a_long_list_of_members(tmp_path):
    with zipfile.ZipFile(tmp_path / "d.npz", "w") as archive:
        for number in range(20_000):
            archive.writestr(f"{number:060}.npy", b"")
    with refused("the list of its members takes"):
        load_dataset(tmp_path / "d.npz")


def test_a_large_archive_has_a_second_record_of_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)  # as if the file had very many members
    zeros_in_zip(tmp_path / "d.npz", "X.npy", 2**20)
    assert b"PK\6\7" in (tmp_path / "d.npz").read_bytes()
    assert len(load_dataset(tmp_path / "d.npz", LoadOptions(validation=0)).train) == 1024


def test_the_bound_on_memory_is_checked_before_arrays_are_read(tmp_path):
    np.savez(tmp_path / "d.npz", X=np.zeros((1000, 1000)), y=np.arange(1000) % 2)
    with refused(r"the content of .*d.npz", UsageError):
        load_dataset(tmp_path / "d.npz", LoadOptions(memory=10**6))


def test_a_gzipped_idx_file_of_zeros(tmp_path):
    content = struct.pack(">BBBB3I", 0, 0, 8, 3, 2**16 + 2**10, 32, 32) + bytes(2**26 + 2**20)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(content))
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(b"")
    with refused("unpacks from"):
        load_dataset(tmp_path)


class TestTar:
    def refuse(self, tmp_path, content, said):
        (tmp_path / "d.tar").write_bytes(content)
        with refused(said):
            unpack(tmp_path / "d.tar", tmp_path / "cache", no_progress)
        assert list((tmp_path / "cache" / "unpacked").iterdir()) == []

    def packed(self, *members):
        return gzip.compress(b"".join(member.tobuf() + content for member, content in members) + bytes(1024))

    def test_zeros(self, tmp_path):
        member = tarfile.TarInfo("a")
        member.size = 2**26 + 2**20
        self.refuse(tmp_path, self.packed((member, bytes(member.size))), "unpacks from")

    def test_a_sparse_member(self, tmp_path):
        member = tarfile.TarInfo("a")
        member.size = 2**40
        self.refuse(tmp_path, self.packed((member, b"")), "more than|unpacks|not enough")

    def test_members_that_overlap(self, tmp_path):
        """To go back, all would be unpacked from the beginning, again for each member."""
        member = tarfile.TarInfo("a")
        member.size, member.type = 512, tarfile.GNUTYPE_SPARSE
        head = bytearray(member.tobuf(tarfile.GNU_FORMAT))
        for place, number in ((386, 0), (398, 10_240), (483, 10_240)):  # a piece that is longer than the member
            head[place : place + 12] = b"%011o\0" % number
        head[148:156] = b" " * 8
        head[148:156] = b"%06o\0 " % sum(head)
        self.refuse(tmp_path, gzip.compress((bytes(head) + bytes(512)) * 30 + bytes(1024)), "members that overlap")

    def test_a_long_header(self, tmp_path):
        member = tarfile.TarInfo("a")
        member.size, member.type = 2**32, tarfile.GNUTYPE_LONGNAME
        self.refuse(tmp_path, self.packed((member, b"")), "a header of 4294967296 bytes")

    @pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE])
    def test_what_is_neither_file_nor_folder(self, tmp_path, kind):
        member = tarfile.TarInfo("a")
        member.type, member.linkname = kind, "b"
        self.refuse(tmp_path, self.packed((member, b"")), "is a link")

    def test_a_deep_name(self, tmp_path):
        self.refuse(tmp_path, self.packed((tarfile.TarInfo("a/" * 70 + "b"), b"")), "too deep|cannot be read")

    def test_damage_in_the_middle_is_not_the_end(self, tmp_path):
        members = [(tarfile.TarInfo(name), b"") for name in "abc"]
        content = bytearray(gzip.decompress(self.packed(*members)))
        content[512:1024] = b"x" * 512
        self.refuse(tmp_path, bytes(content), "damaged or cut off after 512 bytes")

    def test_headers_of_names_without_end(self, tmp_path):
        member = tarfile.TarInfo("x")
        member.type = tarfile.GNUTYPE_LONGNAME
        self.refuse(tmp_path, member.tobuf() * 3000 + bytes(1024), "nested too deeply|cannot be read")

    def test_a_null_character(self, tmp_path):
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
            member = tarfile.TarInfo("n")
            member.pax_headers = {"path": "a\0b"}
            archive.addfile(member)
        self.refuse(tmp_path, stream.getvalue(), "null|cannot be")


class TestPickle:
    def refuse(self, tmp_path, content, said):
        (tmp_path / "p").write_bytes(content)
        with refused(said):
            read_pickled_arrays(tmp_path / "p")

    def test_a_place_in_its_memory_far_out(self, tmp_path):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        self.refuse(tmp_path, b"\x80\x02Nr\xff\xff\xff\x0f.", "place 268435455")
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 10**5

    def test_tuples_that_hold_one_another_twice(self, tmp_path):
        doubled = b")q\0" + b"".join(b"h%ch%c\x86q%c" % (i, i, i + 1) for i in range(40))
        self.refuse(tmp_path, b"\x80\x02}(" + doubled + b"u.", "keys")

    def test_marks_without_end(self, tmp_path):
        self.refuse(tmp_path, b"\x80\x02" + b"(" * 10**6 + b".", "nested more than")

    def test_a_number_of_many_digits(self, tmp_path):
        self.refuse(tmp_path, pickle.dumps({"labels": [10**30]}, 2), "more than 64 bits")

    def test_text_that_is_longer_than_the_file(self, tmp_path):
        self.refuse(tmp_path, b"\x80\x04\x8d" + struct.pack("<Q", 2**40) + b"abc.", "expected")

    @pytest.mark.parametrize("text", [b"c_codecs\nencode\nq\1", b"cnumpy.core.numeric\n_frombuffer\nq\1"])
    def test_text_that_is_asked_for_again_and_again(self, tmp_path, text):
        """Each time it is copied, to bytes or to an array."""
        kept = b"\x80\x02X" + struct.pack("<I", 2**20) + b"a" * 2**20 + b"q\0" + text
        if b"numpy" in text:
            dtype = b"cnumpy\ndtype\nU\2u1\x85R"
            once = b"(h\0" + dtype + b"J" + struct.pack("<i", 2**20) + b"\x85tR"
        else:
            once = b"h\0U\6latin1\x86R"
        self.refuse(
            tmp_path, kept + once + (b"h\1" + once) * 2000 + b".", "more bytes than the file can stand for"
        )

    def test_instructions_and_calls_that_are_not_on_the_list(self, tmp_path):
        self.refuse(tmp_path, pickle.dumps({"a": 1}, 0), "the instruction")
        self.refuse(tmp_path, b"\x80\x02cos\nsystem\nU\x01a\x85R.", "os.system")

    @pytest.mark.parametrize("protocol", [2, 3, 4, 5])
    def test_arrays_are_read(self, tmp_path, protocol):
        rows = np.arange(12, dtype=np.uint8).reshape(3, 4)
        content = {"data": rows, b"labels": [1, 2], "fortran": np.asfortranarray(rows), "x": {"y": (True, None)}}
        (tmp_path / "p").write_bytes(pickle.dumps(content, protocol))
        found = read_pickled_arrays(tmp_path / "p")
        np.testing.assert_array_equal(found["data"], rows)
        np.testing.assert_array_equal(found["fortran"], rows)
        assert (found["labels"], found["x"]) == ([1, 2], {"y": (True, None)})

    def test_bytes_that_python_2_stored_as_text(self, tmp_path):
        program = (
            b"\x80\x02}U\x04datacnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85U\x01b\x87R"
            b"(K\x01K\x02K\x02\x86cnumpy\ndtype\nU\x02u1K\0K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xff"
            b"J\xff\xff\xff\xffK\0tb\x89U\x04\x01\x02\xfe\xfftbs."
        )
        (tmp_path / "p").write_bytes(program)
        assert read_pickled_arrays(tmp_path / "p")["data"].tolist() == [[1, 2], [254, 255]]

    @given(
        st.lists(
            st.sampled_from(
                [b"(", b"}", b"]", b")", b"N", b"K\1", b"U\1a", b"q\0", b"q\1", b"h\0", b"a", b"e", b"s", b"u",
                 b"t", b"\x85", b"\x86", b"R", b"b", b"0", b"2", b"d", b"l", b"cnumpy\ndtype\n",
                 b"cnumpy.core.multiarray\n_reconstruct\n", b"cos\nsystem\n"]
            ),
            max_size=30,
        )
    )  # fmt: skip
    def test_any_program_ends_in_values_or_our_own_error(self, tmp_path_factory, program):
        path = tmp_path_factory.mktemp("p") / "p"
        path.write_bytes(b"\x80\x02" + b"".join(program) + b".")
        with contextlib.suppress(DataError):
            assert isinstance(read_pickled_arrays(path), dict)
