"""Who may send files."""

from django.core.files.uploadhandler import FileUploadHandler, SkipFile


class StaffOnly(FileUploadHandler):
    """Drop the files that anybody else sends, unread: they would fill the disk, whatever page they are for.

    It stands before the handlers that keep files (setting FILE_UPLOAD_HANDLERS). Other fields are taken.
    """

    def new_file(self, *args: object, **kwargs: object) -> None:
        user = getattr(self.request, "user", None)
        if user is None or not user.is_staff:
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
