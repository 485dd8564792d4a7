"""The readers' typeface: light, whole, and among the static files."""

from io import BytesIO
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from fontTools.ttLib import TTFont

from tipsite.typeface import cutting
from tipsite.typeface.finder import TypefaceFinder

MOST_BYTES = 32_000


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return the path of each file that the finder makes, by its name."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("django.conf.settings.STATE_DIR", tmp_path_factory.mktemp("state"))
        return {path: Path(storage.path(path)) for path, storage in TypefaceFinder().list(None)}


def test_both_weights_are_light_and_have_all_letters(files):
    fonts = [files[each.name].read_bytes() for each in cutting.CUTS]
    assert sum(map(len, fonts)) <= MOST_BYTES
    for content in fonts:
        font = TTFont(BytesIO(content))
        assert font.flavor == "woff2"
        assert {*cutting.LETTERS} <= {*font.getBestCmap()}
        features = {each.FeatureTag for each in font["GPOS"].table.FeatureList.FeatureRecord}
        assert {*cutting.FEATURES} >= features >= {"kern"}


def test_no_cut_font_bears_the_reserved_name_and_the_license_goes_with_them(files):
    for each in cutting.CUTS:
        assert TTFont(files[each.name])["name"].names == []
    assert "SIL OPEN FONT LICENSE" in files[cutting.LICENSE].read_text(encoding="utf-8")


def test_the_development_server_finds_them_and_cuts_them_once(files, settings):
    name = cutting.CUTS[0].name
    settings.STATE_DIR = files[name].parents[3]
    before = files[name].stat().st_mtime_ns
    assert finders.find(name) == str(files[name])
    assert files[name].stat().st_mtime_ns == before
    assert TypefaceFinder().find(name, find_all=True) == [str(files[name])]
    assert TypefaceFinder().find("fonts/another.woff2") is None
    assert TypefaceFinder().find("fonts/another.woff2", find_all=True) == []
