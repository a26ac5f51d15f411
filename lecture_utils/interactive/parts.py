"""What figures to play with are made of, or what stands for it where no widgets are installed."""

from lecture_utils.interactive.still import Answer

try:
    from lecture_utils.interactive.controls import Choice, Slider, number_field
    from lecture_utils.interactive.widget import Interactive
except ModuleNotFoundError as error:
    if error.name not in ("anywidget", "ipywidgets"):
        raise
    from lecture_utils.interactive.still import Fixed, StillPicture

    Choice = Slider = number_field = Fixed
    Interactive = StillPicture

__all__ = ["Answer", "Choice", "Interactive", "Slider", "number_field"]
