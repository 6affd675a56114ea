"""Quotas of control groups, of either version, with and without a namespace of their own."""

import math

import pytest

from scoreline.kernels.cpu_quota import cpu_quota


@pytest.fixture
def quota(tmp_path):
    """Return the quota of a process whose groups are as told, where files of the hierarchies are as told."""

    def found(membership, **files):
        (tmp_path / "cgroup").write_text(membership)
        for place, text in files.items():
            path = tmp_path.joinpath("mounted", *place.split("__")[:-1], place.split("__")[-1])
            path = path.with_name(path.name.replace("cpu_", "cpu."))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return cpu_quota(tmp_path / "cgroup", tmp_path / "mounted")

    return found


def test_version_2(quota):
    assert quota("0::/\n", cpu_max="150000 100000\n") == 1.5


def test_the_least_quota_on_the_way_up_counts(quota):
    files = {"a__cpu_max": "200000 100000\n", "a__b__cpu_max": "max 100000\n", "cpu_max": "400000 100000\n"}
    assert quota("0::/a/b\n", **files) == 2


def test_a_container_whose_group_is_the_root_of_what_it_sees(quota):
    assert quota("0::/system.slice/docker-1.scope\n", cpu_max="100000 100000\n") == 1
    assert quota("0::/../other\n", cpu_max="100000 100000\n") == 1


def test_version_1(quota):
    files = {"cpu__jobs__cpu_cfs_quota_us": "50000\n", "cpu__jobs__cpu_cfs_period_us": "100000\n"}
    assert quota("4:memory:/jobs\n1:cpu,cpuacct:/jobs\n0::/\n", **files) == 0.5


@pytest.mark.parametrize("said", ["max 100000\n", "", "-1 100000", "100000 0", "many few"])
def test_no_quota(quota, said):
    assert quota("0::/\n", cpu_max=said) == math.inf


def test_another_system_has_none(tmp_path):
    assert cpu_quota(tmp_path / "none", tmp_path) == math.inf
